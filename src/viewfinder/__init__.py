"""Viewfinder: put an image into a bucket; a REST API returns what is in it."""

__version__ = "0.2.0"
