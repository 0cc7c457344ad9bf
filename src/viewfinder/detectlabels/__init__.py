"""The open DetectLabels engine: Amazon Rekognition's wire, answered by a model that runs here."""

from viewfinder.detectlabels.engine import Engine, detect_labels
from viewfinder.detectlabels.errors import EngineError
from viewfinder.detectlabels.settings import Settings

__all__ = ["Engine", "EngineError", "Settings", "detect_labels"]
