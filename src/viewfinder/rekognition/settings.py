"""The engine's settings: one typed table of name, default and help, read from VIEWFINDER_ENGINE_* variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

PREFIX = "VIEWFINDER_ENGINE_"


def _setting(default: Any, help_text: str) -> Any:
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of the engine; a setting `x` is read from the variable VIEWFINDER_ENGINE_X."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8090, "Port to listen on; 0 takes a free one.")
    workers: int = _setting(os.cpu_count() or 1, "Images looked at in parallel; the machine's cores are best.")
    queue: int = _setting(64, "Requests that may wait for a worker; beyond it the answer is ThrottlingException.")
    timeout: float = _setting(30.0, "Seconds that one request may take, waiting included.")
    max_pixels: int = _setting(32_000_000, "Pixels that an image may have once decoded.")
    passes: int = _setting(2, "Views of the label detector: 2 looks at the mirror image too, 1 saves its time.")
    detector: str = _setting("", "ONNX file of a better detector (YOLOX).")
    labels: str = _setting("", "Text file with the detector's class names, one a line; COCO's by default.")
    data_dir: str = _setting("", "Folder of the face collections' file; without it they are kept in memory.")
    max_faces: int = _setting(1_000_000, "Faces of all collections together; each takes 512 bytes of memory.")
    classifier: str = _setting("", "ONNX file of an image classifier of your own, beside the engine's; needs classes.")
    classes: str = _setting("", "Text file with the classifier's class names, one a line.")
    min_probability: float = _setting(0.5, "Probability from which the classifier's classes are labels of 55 or more.")
    clip: str = _setting("", "Folder of a model of pictures and words: two ONNX encoders and tokenizer.json.")
    vocabulary: str = _setting("", "Text file with names, one a line, that are labels where clip's words see them.")
    s3_endpoint: str = _setting("", "The only S3 endpoint that S3Object is read from; S3Object is refused without it.")
    allow_buckets: tuple[str, ...] = _setting((), "Buckets that S3Object may name; wildcards as in `photos-*`.")
    region: str = _setting("us-east-1", "Region of the S3 endpoint, and in the names of collections.")
    access_key_id: str = _setting("", "With secret_access_key: verify that requests are signed with this key pair.")
    secret_access_key: str = _setting("", "The secret half of access_key_id.")

    def __post_init__(self) -> None:
        if bool(self.access_key_id) != bool(self.secret_access_key):
            raise ValueError(f"{PREFIX}ACCESS_KEY_ID and {PREFIX}SECRET_ACCESS_KEY belong together: one is empty")
        if self.passes not in {1, 2}:
            raise ValueError(f"{PREFIX}PASSES must be 1 or 2, not {self.passes}")
        if bool(self.classifier) != bool(self.classes):
            raise ValueError(f"{PREFIX}CLASSIFIER and {PREFIX}CLASSES belong together: one is empty")
        if self.vocabulary and not self.clip:
            raise ValueError(f"{PREFIX}VOCABULARY needs {PREFIX}CLIP, whose words it is read by")
        if not 0 < self.min_probability < 1:
            raise ValueError(f"{PREFIX}MIN_PROBABILITY must be between 0 and 1, not {self.min_probability}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **overrides: Any) -> Settings:
        """Read the settings; an override that is None leaves the environment's value or the default."""
        values: dict[str, Any] = {}
        for entry in fields(cls):
            text = environment.get(PREFIX + entry.name.upper())
            if text is not None:
                values[entry.name] = _parse(entry.name, text)
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)


def help_of(name: str) -> str:
    """Return the help text of a setting."""
    return next(str(entry.metadata["help"]) for entry in fields(Settings) if entry.name == name)


def _parse(name: str, text: str) -> Any:
    default: Any = next(entry.default for entry in fields(Settings) if entry.name == name)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return type(default)(text)
    except ValueError as error:
        kind = "a whole number" if isinstance(default, int) else "a number"
        raise ValueError(f"{PREFIX}{name.upper()} must be {kind}, not {text!r}") from error
