"""The use cases of the pipeline: one file for each operation or group of related operations."""
