"""The bare loop that the engine is measured against: the same decoding, resizing and three model runs, and no more."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable

import numpy as np
import onnxruntime
from PIL import Image

from viewfinder.rekognition.labels.classifier import input_shape
from viewfinder.rekognition.networks import MODELS

DETAIL = 640
SSD_SIDE = 300


class BareLoop:
    """Both networks, with a number of threads each; `look` may be called from several threads."""

    def __init__(self, threads: int) -> None:
        self._ssd = _session("ssd_mobilenet_v2_coco.onnx", threads)
        self._lite = _session("efficientnet_lite3.onnx", threads)

    def look(self, content: bytes) -> int:
        """Decode, resize and run the networks, one after the other; return the likeliest class."""
        picture = decode(content)
        self.detect(picture)
        return self.classify(picture)

    def detect(self, picture: Image.Image) -> None:
        """Run the detector on the picture and on its mirror image."""
        self._detect(picture)
        self._detect(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))

    def _detect(self, picture: Image.Image) -> None:
        area = (0, 0, *picture.size)
        small = picture.transform((SSD_SIDE, SSD_SIDE), Image.Transform.EXTENT, area, Image.Resampling.BILINEAR)
        pixels = np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1)[None], dtype=np.float32)
        pixels /= 127.5
        pixels -= 1
        self._ssd.run(None, {"Preprocessor/sub:0": pixels})

    def classify(self, picture: Image.Image) -> int:
        small = picture.resize(input_shape(picture.size), Image.Resampling.BILINEAR)
        (scores,) = self._lite.run(["probs"], {"images": np.asarray(small, dtype=np.uint8)[None]})
        return int(np.argmax(scores))


def decode(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.draft("RGB", (DETAIL, DETAIL))
    return image.convert("RGB")


def throughput(look: Callable[[bytes], object], contents: list[bytes], threads: int, seconds: float) -> float:
    """Return images per second that a number of threads get through."""
    end = time.perf_counter() + seconds
    counts = [0] * threads

    def work(index: int) -> None:
        while time.perf_counter() < end:
            look(contents[(index + counts[index]) % len(contents)])
            counts[index] += 1

    started = time.perf_counter()
    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - started)


def _session(name: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if threads > 1:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(MODELS / name), options, providers=["CPUExecutionProvider"])
