"""`viewfinder analyze` and `rekognition`: the engine by itself, in this process and as a server."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.rekognition.settings import PREFIX, Settings, help_of

if TYPE_CHECKING:
    from rich.table import Table

BOX_COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#46b0b0", "#b8860b", "#f032e6")

TEXT_CONFIDENCE = 80.0
"""Text is not shown below the service's own default."""


def analyze(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="Image files of any format.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file, one a line.")] = False,
    min_confidence: Annotated[float, typer.Option(min=0, max=100, help="Minimum confidence in percent.")] = 55.0,
    text: Annotated[bool, typer.Option("--text", help="Read text too.")] = False,
    faces: Annotated[bool, typer.Option("--faces", help="Find faces too.")] = False,
    annotate: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Draw the boxes: a file, or a folder where there are many files.")
    ] = None,
) -> None:
    """Detect labels in image files; the boxes refer to the upright picture."""
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
        found = _find(picture, min_confidence, text=text, faces=faces)
        _show(file, found, as_json)
        if annotate:
            _annotated(picture, found).save(_output(annotate, file, len(files)))
    if failed:
        raise typer.Exit(1)


def _find(picture: bytes, min_confidence: float, *, text: bool, faces: bool) -> dict[str, list[dict[str, Any]]]:
    """Return what is asked for, under the names of the service's responses."""
    from viewfinder.rekognition import detect_faces, detect_labels, detect_text

    found = {"Labels": detect_labels(picture, min_confidence=min_confidence)["Labels"]}
    if text:
        filters = {"WordFilter": {"MinConfidence": max(min_confidence, TEXT_CONFIDENCE)}}
        found["TextDetections"] = detect_text(picture, filters=filters)["TextDetections"]
    if faces:
        details = detect_faces(picture)["FaceDetails"]
        found["FaceDetails"] = [face for face in details if face["Confidence"] >= min_confidence]
    return found


def _show(file: Path, found: dict[str, list[dict[str, Any]]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"File": str(file), **found}))
        return
    from rich.console import Console

    console = Console()
    console.print(_table(file, found["Labels"]))
    for line in _lines(found):
        console.print(f"  text {line['Confidence']:.1f} %: {line['DetectedText']}", markup=False, highlight=False)
    for face in found.get("FaceDetails", ()):
        pose = ", ".join(f"{name.lower()} {face['Pose'][name]:.0f}" for name in ("Roll", "Yaw", "Pitch"))
        console.print(f"  face {face['Confidence']:.1f} %: {pose} degrees", markup=False, highlight=False)


def _lines(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [entry for entry in found.get("TextDetections", ()) if entry["Type"] == "LINE"]


def _table(file: Path, labels: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table("Label", "Confidence", "Boxes", "Parents", title=str(file), title_justify="left")
    for label in _specific_first(labels):
        parents = ", ".join(parent["Name"] for parent in label["Parents"])
        table.add_row(label["Name"], f"{label['Confidence']:.1f} %", str(len(label["Instances"]) or ""), parents)
    return table


def _specific_first(labels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put labels that are ancestors of others behind them: they tell a reader nothing more."""
    ancestors = {parent["Name"] for label in labels for parent in label["Parents"]}
    # Among those, too, a label has more ancestors than each of its own.
    return sorted(labels, key=lambda label: -len(label["Parents"]) if label["Name"] in ancestors else -1_000)


def _output(annotate: Path, file: Path, count: int) -> Path:
    if count == 1 and not annotate.is_dir():
        return annotate if annotate.suffix else annotate.with_suffix(".png")
    annotate.mkdir(parents=True, exist_ok=True)
    return annotate / f"{file.name}.png"


def _annotated(picture: bytes, found: dict[str, list[dict[str, Any]]]) -> Any:
    """Return the upright picture with a box and a caption for each thing found, the most confident label on top."""
    from PIL import Image, ImageDraw, ImageOps

    image = ImageOps.exif_transpose(Image.open(io.BytesIO(picture))).convert("RGB")
    draw = ImageDraw.Draw(image)
    boxes = list(_boxes(found))
    names = sorted({name for name, _, _ in boxes})
    for name, caption, box in boxes:
        _draw(draw, image.size, box, caption, BOX_COLOURS[names.index(name) % len(BOX_COLOURS)])
    return image


def _boxes(found: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Yield kind, caption and box of each thing that has a box."""
    for line in _lines(found):
        yield "text", line["DetectedText"], line["Geometry"]["BoundingBox"]
    for face in found.get("FaceDetails", ()):
        yield "face", f"face {face['Confidence']:.0f} %", face["BoundingBox"]
    for label in reversed(found["Labels"]):
        for instance in label["Instances"]:
            yield label["Name"], f"{label['Name']} {instance['Confidence']:.0f} %", instance["BoundingBox"]


def _draw(draw: Any, size: tuple[int, int], box: dict[str, float], caption: str, colour: str) -> None:
    left, top = box["Left"] * size[0], box["Top"] * size[1]
    right, bottom = left + box["Width"] * size[0], top + box["Height"] * size[1]
    line = max(2, min(size) // 200)
    draw.rectangle((left, top, right, bottom), outline=colour, width=line)
    text_size = max(12, min(size) // 30)
    place = draw.textbbox((left + line, max(0, top - text_size)), caption, font_size=text_size)
    draw.rectangle(place, fill=colour)
    draw.text((left + line, max(0, top - text_size)), caption, fill="white", font_size=text_size)


app = typer.Typer(
    help="The open Rekognition: labels, text and faces on Amazon Rekognition's wire.", no_args_is_help=True
)


@app.callback()
def rekognition() -> None:
    """The open Rekognition: labels, text and faces on Amazon Rekognition's wire."""


def _option(name: str, **rules: Any) -> Any:
    """Return the option of a setting, with its help and default."""
    default = next(field.default for field in fields(Settings) if field.name == name)
    told = f"{help_of(name)} Environment: {PREFIX}{name.upper()}."
    return typer.Option(help=told, show_default=str(default) if default or default == 0 else "none", **rules)


@app.command()
def serve(
    *,
    host: Annotated[str | None, _option("host")] = None,
    port: Annotated[int | None, _option("port")] = None,
    workers: Annotated[int | None, _option("workers")] = None,
    queue: Annotated[int | None, _option("queue")] = None,
    timeout: Annotated[float | None, _option("timeout")] = None,
    max_pixels: Annotated[int | None, _option("max_pixels")] = None,
    passes: Annotated[int | None, _option("passes", min=1, max=2)] = None,
    detector: Annotated[Path | None, _option("detector", exists=True, dir_okay=False)] = None,
    labels: Annotated[Path | None, _option("labels", exists=True, dir_okay=False)] = None,
    classifier: Annotated[Path | None, _option("classifier", exists=True, dir_okay=False)] = None,
    classes: Annotated[Path | None, _option("classes", exists=True, dir_okay=False)] = None,
    min_probability: Annotated[float | None, _option("min_probability")] = None,
    s3_endpoint: Annotated[str | None, _option("s3_endpoint")] = None,
    allow_bucket: Annotated[list[str] | None, _option("allow_buckets")] = None,
    region: Annotated[str | None, _option("region")] = None,
) -> None:
    """Serve the operations until Ctrl-C; the key pair that verifies callers comes from the environment only."""
    from viewfinder.rekognition.errors import ModelFileError
    from viewfinder.rekognition.server import serve as run

    try:
        settings = Settings.from_environment(
            os.environ,
            host=host,
            port=port,
            workers=workers,
            queue=queue,
            timeout=timeout,
            max_pixels=max_pixels,
            passes=passes,
            detector=str(detector) if detector else None,
            labels=str(labels) if labels else None,
            classifier=str(classifier) if classifier else None,
            classes=str(classes) if classes else None,
            min_probability=min_probability,
            s3_endpoint=s3_endpoint,
            allow_buckets=tuple(allow_bucket) if allow_bucket else None,
            region=region,
        )
        run(settings)
    except (ModelFileError, ValueError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error
