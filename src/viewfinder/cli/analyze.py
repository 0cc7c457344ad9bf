"""`viewfinder analyze` and `rekognition`: run the engine alone, in this process or as a server."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import chain, count
from pathlib import Path
from typing import Annotated, Any

import typer

from viewfinder.cli._options import specific_first
from viewfinder.cli._printing import complain, passed_over, print_json, print_rows, say, tell
from viewfinder.rekognition.settings import PREFIX, Settings, help_of

STDIN = "-"

BOX_COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#46b0b0", "#b8860b", "#f032e6")

TEXT_CONFIDENCE = 80.0
"""Text is not shown below the service's own default."""


def analyze(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FILE|FOLDER|-...", help="Image files of any format, folders, or - for stdin."),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per image, one per line.")] = False,
    min_confidence: Annotated[float, typer.Option(min=0, max=100, help="Minimum confidence in percent.")] = 55.0,
    text: Annotated[bool, typer.Option("--text", help="Read text too.")] = False,
    faces: Annotated[bool, typer.Option("--faces", help="Find faces too.")] = False,
    annotate: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Draw the boxes into this file, or into this folder for several images."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Let --annotate replace existing files.")] = False,
) -> None:
    """Detect labels in images; the boxes refer to the upright picture. Exit with 1 if an image can't be read or drawn.

    From a folder it analyses all files whose content is a picture, except in hidden and system folders.
    """
    from viewfinder.adapters.pictures import Pictures
    from viewfinder.domain.errors import ImageRejectedError

    drawings = Drawings(annotate, is_single=_is_single(paths), overwrite=overwrite) if annotate else None
    pictures, sources = Pictures(), Sources(paths)
    for name, content in sources.contents():
        try:
            picture = pictures.read(content).rendition
        except ImageRejectedError as error:
            sources.fail(name, str(error))
            continue
        found = _find(picture, min_confidence, text=text, faces=faces)
        _show(name, found, as_json=as_json)
        if drawings:
            try:
                drawings.write(name, _annotated(picture, found))
            except FileExistsError as error:
                sources.fail(error.filename, "is there already; --overwrite replaces it")
            except OSError as error:
                sources.fail(error.filename, error.strerror)
    sources.conclude()


def _is_single(paths: list[str]) -> bool:
    return len(paths) == 1 and not os.path.isdir(paths[0])


@dataclass
class Sources:
    """The pictures to analyse (files, folders, standard input), and the failures."""

    paths: list[str]
    left_out: Counter[str] = field(default_factory=Counter)
    succeeded: int = 0
    failed: int = 0

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of each picture; report one that can't be read, and continue."""
        for name in self._names():
            try:
                content = sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
            except OSError as error:
                self.fail(name, error.strerror)
                continue
            self.succeeded += 1
            yield name, content

    def fail(self, name: object, problem: str | None) -> None:
        """Report the failure of one picture."""
        self.failed += 1
        complain(f"{name}: {problem}")

    def conclude(self) -> None:
        """Report skipped files; exit with 1 if a picture failed, or if there was none."""
        if self.left_out:
            tell(passed_over(self.left_out))
        if not self.succeeded and not self.failed:
            complain("No pictures.")
        if self.failed or not self.succeeded:
            raise typer.Exit(1)

    def _names(self) -> Iterator[str]:
        for path in self.paths:
            if path == STDIN or not os.path.isdir(path):
                yield path
            else:
                yield from self._pictures(path)

    def _pictures(self, folder: str) -> Iterator[str]:
        from viewfinder.adapters.folders import files_below, what_is_no_picture

        for file in files_below(folder, lambda error: self.fail(error.filename, error.strerror)):
            try:
                other = file.left_out or what_is_no_picture(file.path)
            except OSError as error:
                self.fail(file.path, error.strerror)
                continue
            self.left_out.update([other] if other else [])
            if not other:
                yield file.path


class Drawings:
    """The annotated pictures: a file, or a folder of files named after their sources, each with a different name."""

    def __init__(self, out: Path, *, is_single: bool, overwrite: bool) -> None:
        from PIL import Image

        self._folder = None if is_single and not out.is_dir() else out
        self._file = out if out.suffix else out.with_suffix(".png")
        self._overwrite = overwrite
        self._names: set[str] = set()
        if not self._folder and self._file.suffix.lower() not in Image.registered_extensions():
            raise typer.BadParameter(
                f"{self._file.suffix} is not a format that can be written", param_hint="--annotate"
            )

    def write(self, source: str, picture: Any) -> None:
        """Write a picture; raise FileExistsError unless files may be replaced, and OSError."""
        from PIL import Image

        out = self._path(source)
        content = io.BytesIO()
        picture.save(content, Image.registered_extensions()[out.suffix.lower()])
        with out.open("wb" if self._overwrite else "xb") as file:
            file.write(content.getvalue())

    def _path(self, source: str) -> Path:
        if not self._folder:
            return self._file
        self._folder.mkdir(parents=True, exist_ok=True)
        stem = "stdin" if source == STDIN else Path(source).name
        names = chain([f"{stem}.png"], (f"{stem}~{number}.png" for number in count(2)))
        name = next(name for name in names if name not in self._names)
        self._names.add(name)
        return self._folder / name


def _find(picture: bytes, min_confidence: float, *, text: bool, faces: bool) -> dict[str, list[dict[str, Any]]]:
    """Return the requested findings, under the names of the service's responses."""
    from viewfinder.rekognition import detect_faces, detect_labels, detect_text

    found = {"Labels": detect_labels(picture, min_confidence=min_confidence)["Labels"]}
    if text:
        filters = {"WordFilter": {"MinConfidence": max(min_confidence, TEXT_CONFIDENCE)}}
        found["TextDetections"] = detect_text(picture, filters=filters)["TextDetections"]
    if faces:
        details = detect_faces(picture)["FaceDetails"]
        found["FaceDetails"] = [face for face in details if face["Confidence"] >= min_confidence]
    return found


def _show(name: str, found: dict[str, list[dict[str, Any]]], *, as_json: bool) -> None:
    if as_json:
        print_json({"File": name, **found}, indent=None)
        return
    say(name)
    rows = [
        (
            label["Name"],
            f"{label['Confidence']:.1f} %",
            str(len(label["Instances"]) or ""),
            ", ".join(parent["Name"] for parent in label["Parents"]),
        )
        for label in specific_first(found["Labels"])
    ]
    print_rows(("Label", "Confidence", "Boxes", "Parents"), rows)
    for line in _lines(found):
        say(f"  text {line['Confidence']:.1f} %: {line['DetectedText']}")
    for face in found.get("FaceDetails", ()):
        pose = ", ".join(f"{angle.lower()} {face['Pose'][angle]:.0f}" for angle in ("Roll", "Yaw", "Pitch"))
        say(f"  face {face['Confidence']:.1f} %: {pose} degrees")


def _lines(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [entry for entry in found.get("TextDetections", ()) if entry["Type"] == "LINE"]


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
    help="Serve the engine: labels, text, faces and collections of faces with Amazon Rekognition's API.",
    no_args_is_help=True,
)


@app.callback()
def rekognition() -> None:
    """Serve the engine: labels, text, faces and collections of faces with Amazon Rekognition's API."""


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
    data_dir: Annotated[Path | None, _option("data_dir", file_okay=False)] = None,
    max_faces: Annotated[int | None, _option("max_faces", min=0)] = None,
    classifier: Annotated[Path | None, _option("classifier", exists=True, dir_okay=False)] = None,
    classes: Annotated[Path | None, _option("classes", exists=True, dir_okay=False)] = None,
    min_probability: Annotated[float | None, _option("min_probability")] = None,
    clip: Annotated[Path | None, _option("clip", exists=True, file_okay=False)] = None,
    vocabulary: Annotated[Path | None, _option("vocabulary", exists=True, dir_okay=False)] = None,
    s3_endpoint: Annotated[str | None, _option("s3_endpoint")] = None,
    allow_bucket: Annotated[list[str] | None, _option("allow_buckets")] = None,
    region: Annotated[str | None, _option("region")] = None,
) -> None:
    """Serve the operations until Ctrl-C. Only the environment can set the key pair that verifies callers."""
    from viewfinder.rekognition.errors import ModelFileError, StoreError
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
            data_dir=str(data_dir) if data_dir else None,
            max_faces=max_faces,
            classifier=str(classifier) if classifier else None,
            classes=str(classes) if classes else None,
            min_probability=min_probability,
            clip=str(clip) if clip else None,
            vocabulary=str(vocabulary) if vocabulary else None,
            s3_endpoint=s3_endpoint,
            allow_buckets=tuple(allow_bucket) if allow_bucket else None,
            region=region,
        )
        run(settings)
    except (ModelFileError, StoreError, ValueError) as error:
        tell(f"Error: {error}")
        raise typer.Exit(2) from error
