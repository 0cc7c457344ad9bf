"""Golden files of stored data, written by the releases' own code: see tests/formats/README.md."""
