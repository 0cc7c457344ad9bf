"""`viewfinder search --like`: the images most similar to a file of this machine, or to an image of the stack."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

from viewfinder.cli._api import image_path
from viewfinder.cli._printing import print_rows
from viewfinder.cli._target import Target
from viewfinder.domain.vector import MAX_SIMILAR

_LABELS_SHOWN = 5

_DETAIL = 640
"""Pixels of the shorter side that the engine needs."""


def similar_images(target: Target, like: str, limit: int) -> list[dict[str, Any]]:
    """Return the most similar images; the vectors of a file are computed by its owner, so that the file stays here."""
    most = min(limit, MAX_SIMILAR)
    if not Path(like).is_file():
        found: list[dict[str, Any]] = target.api.call("GET", image_path(like, "similar"), {"limit": most})["Images"]
        return found
    best: dict[str, dict[str, Any]] = {}
    for vector in _vectors(target, Path(like)):
        for image in target.api.call("POST", "/similar", body={"Vector": vector, "Limit": most})["Images"]:
            if image["Similarity"] > best.get(image["ImageId"], {"Similarity": -1})["Similarity"]:
                best[image["ImageId"]] = image
    return sorted(best.values(), key=lambda image: -float(image["Similarity"]))[:most]


def show_similar(images: Iterable[dict[str, Any]]) -> None:
    """Print a row for each image."""
    rows = (
        (
            image["ImageId"],
            f"{image['Similarity']:.1f} %",
            ", ".join(label["Name"] for label in image["Labels"][:_LABELS_SHOWN]),
        )
        for image in images
    )
    print_rows(("Image", "Similarity", "Labels"), rows)


def _vectors(target: Target, file: Path) -> list[str]:
    """Return the vectors of a file of any format that the pipeline reads; raise BadParameter for another one.

    The engine's classifier knows upright pictures best: a turned or mirrored file is looked for in each orientation. Of
    another model, whose vectors may cost money, it is one.
    """
    from viewfinder.adapters.pictures import Pictures
    from viewfinder.domain.errors import ImageRejectedError
    from viewfinder.rekognition.engines import image_vector

    embedder = target.application.embedder if target.settings.embeddings else None
    try:
        rendition = Pictures().rendition(file.read_bytes())
        return [str(embedder.vector(rendition))] if embedder else [image_vector(each) for each in _turned(rendition)]
    except ImageRejectedError as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="--like") from error


def _turned(rendition: bytes) -> Iterator[bytes]:
    """Yield a picture in its eight orientations, the upright one as it is."""
    from PIL import Image, ImageOps

    yield rendition
    with Image.open(io.BytesIO(rendition)) as opened:
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    small = upright.reduce(max(1, min(upright.size) // _DETAIL))
    for turn in Image.Transpose:
        written = io.BytesIO()
        small.transpose(turn).save(written, "JPEG", quality=95)
        yield written.getvalue()
