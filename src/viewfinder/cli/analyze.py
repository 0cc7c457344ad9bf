"""`viewfinder analyze`: labels of image files on this machine, with no stack and no network."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

BOX_COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#46b0b0", "#b8860b", "#f032e6")


def analyze(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Image files of any format.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file, one a line.")] = False,
    min_confidence: Annotated[float, typer.Option(min=0, max=100, help="Least confidence, in percent.")] = 55.0,
    annotate: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Draw the boxes: a file, or a folder where there are many files.")
    ] = None,
) -> None:
    """Find out what is in image files; the boxes refer to the upright picture."""
    from viewfinder.adapters.pictures import Pictures
    from viewfinder.domain.errors import ImageRejectedError

    pictures = Pictures()
    failed = False
    for file in files:
        try:
            picture = pictures.read(file.read_bytes()).rendition
        except ImageRejectedError as error:
            failed = True
            typer.secho(f"{file}: {error}", fg="red", err=True)
            continue
        labels = _labels(picture, min_confidence)
        _show(file, labels, as_json)
        if annotate:
            _annotated(picture, labels).save(_output(annotate, file, len(files)))
    if failed:
        raise typer.Exit(1)


def _labels(picture: bytes, min_confidence: float) -> list[dict[str, Any]]:
    from viewfinder.rekognition import detect_labels

    labels: list[dict[str, Any]] = detect_labels(picture, min_confidence=min_confidence)["Labels"]
    return labels


def _show(file: Path, labels: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"File": str(file), "Labels": labels}))
        return
    from rich.console import Console

    Console().print(_table(file, labels))


def _table(file: Path, labels: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table("Label", "Confidence", "Boxes", "Parents", title=str(file), title_justify="left")
    for label in labels:
        parents = ", ".join(parent["Name"] for parent in label["Parents"])
        table.add_row(label["Name"], f"{label['Confidence']:.1f} %", str(len(label["Instances"]) or ""), parents)
    return table


def _output(annotate: Path, file: Path, count: int) -> Path:
    if count == 1 and not annotate.is_dir():
        return annotate if annotate.suffix else annotate.with_suffix(".png")
    annotate.mkdir(parents=True, exist_ok=True)
    return annotate / f"{file.name}.png"


def _annotated(picture: bytes, labels: list[dict[str, Any]]) -> Any:
    """Return the upright picture with a box and a caption for each object, the surest on top."""
    from PIL import Image, ImageDraw, ImageOps

    image = ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("RGB")
    draw = ImageDraw.Draw(image)
    names = sorted({label["Name"] for label in labels if label["Instances"]})
    for label in reversed(labels):
        colour = BOX_COLOURS[names.index(label["Name"]) % len(BOX_COLOURS)] if label["Instances"] else ""
        for instance in label["Instances"]:
            _draw(draw, image.size, instance, label["Name"], colour)
    return image


def _draw(draw: Any, size: tuple[int, int], instance: dict[str, Any], name: str, colour: str) -> None:
    box = instance["BoundingBox"]
    left, top = box["Left"] * size[0], box["Top"] * size[1]
    right, bottom = left + box["Width"] * size[0], top + box["Height"] * size[1]
    line = max(2, min(size) // 200)
    draw.rectangle((left, top, right, bottom), outline=colour, width=line)
    caption, text_size = f"{name} {instance['Confidence']:.0f} %", max(12, min(size) // 30)
    place = draw.textbbox((left + line, max(0, top - text_size)), caption, font_size=text_size)
    draw.rectangle(place, fill=colour)
    draw.text((left + line, max(0, top - text_size)), caption, fill="white", font_size=text_size)
