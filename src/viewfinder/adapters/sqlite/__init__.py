"""The catalog in one SQLite file, which every process of a machine opens; docs/catalog.md has its tables."""
