"""Reading pictures: the adapter of the PictureReader port, on Pillow and pillow-heif."""

from viewfinder.adapters.pictures.reader import Pictures

__all__ = ["Pictures"]
