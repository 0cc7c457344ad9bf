"""`viewfinder search --like`: the images most similar to a file of this machine, or to an image of the stack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import typer

from viewfinder.cli._api import image_path
from viewfinder.cli._printing import print_rows
from viewfinder.cli._target import Target
from viewfinder.domain.vector import MAX_SIMILAR

_LABELS_SHOWN = 5


def similar_images(target: Target, like: str, limit: int) -> list[dict[str, Any]]:
    """Return the most similar images; the vector of a file is computed by its owner, so that the file stays here."""
    most = min(limit, MAX_SIMILAR)
    if Path(like).is_file():
        body = {"Vector": _vector(target, Path(like)), "Limit": most}
        found: list[dict[str, Any]] = target.api.call("POST", "/similar", body=body)["Images"]
        return found
    images: list[dict[str, Any]] = target.api.call("GET", image_path(like, "similar"), {"limit": most})["Images"]
    return images


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


def _vector(target: Target, file: Path) -> str:
    """Return the vector of a file of any format that the pipeline reads; raise BadParameter for another one."""
    from viewfinder.adapters.pictures import Pictures
    from viewfinder.domain.errors import ImageRejectedError
    from viewfinder.rekognition.engines import image_vector

    embedder = target.application.embedder if target.settings.embeddings else None
    try:
        rendition = Pictures().rendition(file.read_bytes())
        return str(embedder.vector(rendition)) if embedder else image_vector(rendition)
    except ImageRejectedError as error:
        raise typer.BadParameter(f"{file}: {error}", param_hint="--like") from error
