"""`viewfinder analyze`: what it prints, what it draws, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from PIL import Image
from typer.testing import CliRunner, Result

from tests.unit.rekognition.images import SAMPLES, sign
from viewfinder.cli.analyze import analyze

CAT = SAMPLES / "cat.jpg"


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(analyze)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_json_has_one_object_a_file_with_the_labels_of_the_service() -> None:
    result = run(CAT, SAMPLES / "coffee.jpg", "--json", "--min-confidence", "90")
    documents = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(document["File"]).name for document in documents] == ["cat.jpg", "coffee.jpg"]
    assert "Cat" in [label["Name"] for label in documents[0]["Labels"]]
    assert all(label["Confidence"] >= 90 for document in documents for label in document["Labels"])


def test_a_table_is_printed_for_people() -> None:
    assert "Animal, Mammal, Pet" in run(CAT).stdout


def test_a_label_comes_before_its_ancestors() -> None:
    shown = run(CAT).stdout
    assert shown.index("│ Cat ") < shown.index("│ Mammal ")
    assert shown.index("│ Cat ") < shown.index("│ Animal ")


def test_text_and_faces_are_shown_if_asked_for(tmp_path: Path) -> None:
    (tmp_path / "sign.png").write_bytes(sign("Exit 12"))
    files = (tmp_path / "sign.png", SAMPLES / "astronaut.jpg")
    with_both = run(*files, "--text", "--faces", "--json").stdout.splitlines()
    street, portrait = (json.loads(line) for line in with_both)
    assert [entry["DetectedText"] for entry in street["TextDetections"]] == ["Exit 12", "Exit", "12"]
    assert (len(street["FaceDetails"]), len(portrait["FaceDetails"])) == (0, 1)
    assert json.loads(run(CAT, "--json").stdout).keys() == {"File", "Labels"}
    shown = run(*files, "--text", "--faces").stdout
    assert "%: Exit 12" in shown
    assert "face 100.0 %: roll 4, yaw" in shown


def test_faces_and_text_are_drawn_too(tmp_path: Path) -> None:
    pictures = []
    for number, options in enumerate(([], ["--text", "--faces"])):
        out = tmp_path / f"{number}.png"
        assert run(SAMPLES / "astronaut.jpg", *options, "--annotate", out).exit_code == 0
        pictures.append(out.read_bytes())
    assert pictures[0] != pictures[1]


def test_the_box_is_drawn_on_the_upright_picture(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert run(CAT, "--annotate", out).exit_code == 0
    with Image.open(CAT) as before, Image.open(out) as after:
        assert after.size == before.size
        boxed = sum(1 for colour in after.convert("RGB").get_flattened_data() if colour == (230, 25, 75))
    assert boxed > 500


def test_many_files_are_annotated_into_a_folder(tmp_path: Path) -> None:
    run(CAT, SAMPLES / "coffee.jpg", "--annotate", tmp_path / "boxes")
    assert sorted(path.name for path in (tmp_path / "boxes").iterdir()) == ["cat.jpg.png", "coffee.jpg.png"]


def test_other_formats_than_the_services_are_read_too(tmp_path: Path) -> None:
    with Image.open(CAT) as photo:
        photo.save(tmp_path / "cat.webp", quality=90)
    assert "Cat" in run(tmp_path / "cat.webp", "--json").stdout


def test_a_file_that_is_no_image_fails_and_the_others_are_still_shown(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no image at all")
    result = run(tmp_path / "text", CAT, "--json")
    assert result.exit_code == 1
    assert "text: " in result.stderr
    assert "Cat" in result.stdout
