"""Opens ONNX graphs for this process, on CPU."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from viewfinder.rekognition.errors import ModelFileError

MODELS = Path(__file__).parent / "models"


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph; raise ModelFileError.

    One thread a run keeps images in parallel from fighting for cores; large networks gain from two.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait leave their core
    options.log_severity_level = 4  # it writes to standard error itself; what goes wrong is raised as well
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but Exception
        raise ModelFileError(f"{path} can't be loaded as an ONNX model: {error}") from error
