"""Pictures of requests: bytes, or S3 objects of allowed buckets; decoded within limits, and measured."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.containers import (
    END_OF_IMAGE,
    MARKER,
    START_OF_IMAGE,
    START_OF_SCAN,
    Container,
    open_container,
)
from viewfinder.rekognition.errors import EngineError, image_too_large, invalid_image, invalid_parameter

MIN_SIDE = 80
MAX_SIDE = 10_000
"""The service's limits in pixels (developer guide, "Guidelines and quotas")."""

MOST_SCANNED = 500_000_000
"""Pixels times scans of a progressive JPEG: its decoding goes over the whole picture once a scan."""

Vector = NDArray[np.float64]

ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_picture(content: bytes, *, max_pixels: int, detail: int) -> Image.Image:
    """Return the picture in RGB, upright, with no side scaled below `detail` pixels.

    Raise EngineError: InvalidImageFormatException, ImageTooLargeException, InvalidParameterException (too small).
    """
    with _reading():
        container = open_container(content)
        image = _opened(container.content)
    _check_sides(*image.size)
    if image.format != "PNG" and image.width * image.height * count_scans(content) > MOST_SCANNED:
        raise image_too_large("Image takes too long to decode: it has too many scans for its size")
    with _reading():
        _reduce(image, detail)
    if image.width * image.height > max_pixels:
        raise image_too_large(f"Image dimensions: {image.width} x {image.height} pixels exceed the maximum limit")
    with _reading():
        image.load()
        if not container.has_end and not (container.is_complete and _is_whole(image, container, detail)):
            raise invalid_image()
        return _upright(image)


def _opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))


def _is_whole(image: Image.Image, container: Container, detail: int) -> bool:
    """Return whether other data in the place of a missing end change nothing: then no pixel is missing."""
    other = _opened(container.with_another_end)
    _reduce(other, detail)
    return other.tobytes() == image.tobytes()


def count_scans(content: bytes) -> int:
    """Return how many scans a JPEG has up to its end: not those of thumbnails in a segment, nor of what follows it."""
    scans = position = 0
    while (marker := MARKER.search(content, position)) and marker[1][0] != END_OF_IMAGE:
        scans += marker[1][0] == START_OF_SCAN
        length = int.from_bytes(content[marker.end() : marker.end() + 2])
        position = marker.end() + (0 if marker[1][0] == START_OF_IMAGE else max(length, 2))
    return scans


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise image_too_large("Image dimensions exceed the maximum limit") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
        raise invalid_image() from error


def _check_sides(width: int, height: int) -> None:
    if max(width, height) > MAX_SIDE:
        raise image_too_large(
            f"Input image dimensions {width} x {height} exceed maximum dimension size of {MAX_SIDE} pixels"
        )
    if min(width, height) < MIN_SIDE:
        raise invalid_parameter(f"Request has invalid parameters: image is smaller than {MIN_SIDE} pixels a side")


def _reduce(image: Image.Image, detail: int) -> None:
    # A progressive JPEG holds all coefficients in memory at any scale, so scaling it while decoding is no protection.
    if image.format in {"JPEG", "MPO"} and not image.info.get("progressive"):
        image.draft("RGB", (detail, detail))


def _upright(image: Image.Image) -> Image.Image:
    turn = UPRIGHT.get(_orientation(image))
    rgb = _rgb(image)
    return rgb.transpose(turn) if turn is not None else rgb


def _orientation(image: Image.Image) -> int:
    # The service corrects the orientation of JPEG only (developer guide, "Image orientation and bounding boxes").
    if image.format == "PNG":
        return 1
    try:
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF does not make the picture unreadable
        return 1


def _rgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode in {"RGB", "CMYK"} and profile and b"sRGB" not in profile:
        image = _in_srgb(image, profile)
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):  # 16 bits a pixel, which convert() would clip
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        upper = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), upper).convert("RGB")
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture in sRGB by its ICC profile; as it is where the profile is damaged or of another mode."""
    from PIL import ImageCms

    try:
        converted = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image
    return converted or image


def cut_out(picture: Image.Image, size: tuple[int, int], corner: Vector, along: Vector, below: Vector) -> Image.Image:
    """Return a turned part of a picture as an upright picture of a size.

    `corner` is where its top left is in the picture; `along` and `below` are the steps, as x and y, from one pixel of
    the result to the next. Where these are long, each pixel is a mean: single samples would tear what is cut out.
    """
    fineness = max(1, int(max(np.hypot(*along), np.hypot(*below))))
    (a, d), (b, e) = np.asarray(along) / fineness, np.asarray(below) / fineness
    sampled = picture.transform(
        (size[0] * fineness, size[1] * fineness),
        Image.Transform.AFFINE,
        (a, b, corner[0], d, e, corner[1]),
        Image.Resampling.BICUBIC,
    )
    return sampled.reduce(fineness)


Floats = NDArray[np.float32]

EDGE = 40.0
"""Lightness step between neighbours, in percent, that counts as fully sharp."""


def lightness_of(picture: Image.Image) -> Floats:
    """Return the CIE lightness of each pixel, 0 to 100."""
    luminance = (np.arange(256) / 255) ** 2.2
    curve = np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)
    return np.asarray(curve[np.asarray(picture.convert("L"))], dtype=np.float32)


def steps_of(lightness: Floats) -> Floats:
    """Return for each pixel the greater of the lightness steps to the next ones across and down."""
    steps = np.zeros_like(lightness)
    steps[:, :-1] = np.abs(np.diff(lightness, axis=1))
    steps[:-1] = np.maximum(steps[:-1], np.abs(np.diff(lightness, axis=0)))
    return steps


def brightness(lightness: Floats) -> float:
    """Return the mean of a picture's lightness values, with four decimals."""
    return round(float(lightness.mean()), 4)


def sharpness(steps: Floats) -> float:
    """Return how strong the strongest 2 % of the steps are, 0 to 100.

    A sharp picture may be smooth nearly everywhere; a blurred one has no strong edge.
    """
    strong = float(np.quantile(steps, 0.98))
    return round(100 * min(1.0, strong / EDGE), 4)


MOST_BYTES = 15 * 1024 * 1024
"""The service's limit for an image in S3 (developer guide, "Guidelines and quotas")."""

UNREADABLE = "Unable to get object metadata from S3. Check object key, region and/or access permissions."


class S3Reader:
    """Fetch S3 objects that requests name; thread-safe."""

    def __init__(self, endpoint: str, region: str, allowed_buckets: tuple[str, ...]) -> None:
        self._endpoint = endpoint
        self._region = region
        self._allowed = allowed_buckets

    def read(self, s3_object: Mapping[str, str]) -> bytes:
        """Return an object's content; raise EngineError."""
        if not self._endpoint or not any(fnmatchcase(s3_object["Bucket"], pattern) for pattern in self._allowed):
            raise _unreadable()
        import botocore.exceptions

        try:
            return self._fetch(s3_object)
        except botocore.exceptions.ClientError as error:
            raise _refusal(error) from error
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            raise EngineError("InternalServerError", "S3 can't be reached") from error

    def _fetch(self, s3_object: Mapping[str, str]) -> bytes:
        version = {"VersionId": s3_object["Version"]} if "Version" in s3_object else {}
        response = self._client.get_object(Bucket=s3_object["Bucket"], Key=s3_object["Name"], **version)
        with response["Body"] as body:
            if response["ContentLength"] > MOST_BYTES:
                raise image_too_large(f"Image size of {response['ContentLength']} bytes exceeds {MOST_BYTES} bytes")
            content: bytes = body.read()
        return content

    @cached_property
    def _client(self) -> Any:
        # Loaded by the first S3Object only: an engine that is sent bytes starts faster and stays smaller without it.
        import boto3
        from botocore.config import Config

        config = Config(
            s3={"addressing_style": "path"},
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 2, "mode": "standard"},
        )
        session = boto3.session.Session(region_name=self._region)
        return session.client("s3", endpoint_url=self._endpoint, config=config)


def _refusal(error: Any) -> EngineError:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return EngineError("InternalServerError", "S3 failed") if status >= 500 else _unreadable()


def _unreadable() -> EngineError:
    return EngineError("InvalidS3ObjectException", UNREADABLE)
