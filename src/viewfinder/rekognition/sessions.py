"""Opens ONNX graphs for this process: CPU, one thread a run, so that images in parallel do not fight for cores."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from viewfinder.rekognition.errors import ModelFileError

MODELS = Path(__file__).parent / "models"


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Load a graph; raise ModelFileError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # the quantised graphs carry unused constants, which is a warning each
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but Exception
        raise ModelFileError(f"{path} can't be loaded as an ONNX model: {error}") from error
