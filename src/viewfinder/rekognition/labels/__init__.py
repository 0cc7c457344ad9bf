"""DetectLabels: two networks, merged into labels of Amazon Rekognition's names."""
