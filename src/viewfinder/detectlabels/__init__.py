"""The open DetectLabels engine: Amazon Rekognition's wire, answered by a model that runs here."""
