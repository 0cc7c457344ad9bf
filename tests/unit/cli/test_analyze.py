"""`viewfinder analyze`: what it prints, what it draws, and how it fails."""

from __future__ import annotations

import json
import shutil
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
    labels = [line.split("\t")[0] for line in run(CAT).stdout.splitlines()[1:]]
    assert labels.index("Cat") < labels.index("Mammal") < labels.index("Animal")
    assert labels.index("Cat") < labels.index("Pet")


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


def test_a_file_that_is_not_there_fails_and_the_others_are_still_shown(tmp_path: Path) -> None:
    result = run(tmp_path / "gone.jpg", CAT, "--json")
    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}/gone.jpg: No such file or directory\n")
    assert [json.loads(line)["File"] for line in result.stdout.splitlines()] == [str(CAT)]


def test_the_pictures_of_a_folder_are_analysed_and_the_rest_is_counted(tmp_path: Path) -> None:
    for name in ("b/cat.xyz", "a.jpg", "@eaDir/thumb.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(CAT, tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "b" / "up").symlink_to("..")
    result = run(tmp_path, "--json")
    files = [json.loads(line)["File"] for line in result.stdout.splitlines()]
    assert (result.exit_code, files) == (0, [f"{tmp_path}/a.jpg", f"{tmp_path}/b/cat.xyz"])
    assert result.stderr == ("3 files were passed over: 1 in @eaDir, 1 .txt, 1 a link to a folder that was read.\n")


def test_a_folder_without_pictures_is_a_failure(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert (result.exit_code, result.stderr) == (1, "No pictures.\n")


def test_a_dash_is_the_standard_input(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(analyze)
    words = ["-", "--json", "--annotate", f"{tmp_path}/boxes/"]
    result = CliRunner().invoke(app, words, input=CAT.read_bytes())
    document = json.loads(result.stdout)
    assert (document["File"], "Cat" in {label["Name"] for label in document["Labels"]}) == ("-", True)


def test_a_drawing_replaces_a_file_only_when_told_to(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    with Image.open(CAT) as cat:
        cat.save(photo)
    before = photo.read_bytes()
    result = run(photo, "--annotate", photo)
    assert (result.exit_code, result.stderr) == (1, f"{photo}: is there already; --overwrite replaces it\n")
    assert photo.read_bytes() == before
    assert run(photo, "--annotate", photo, "--overwrite").exit_code == 0
    assert photo.read_bytes() != before


def test_drawings_of_two_files_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        shutil.copy(CAT, tmp_path / folder)
    words = (tmp_path / "one", tmp_path / "two" / "cat.jpg", "--annotate", tmp_path / "boxes")
    assert run(*words).exit_code == 0
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "boxes").iterdir()}
    assert sorted(drawn) == ["cat.jpg.png", "cat.jpg~2.png"]
    again = run(*words)
    assert (again.exit_code, len(again.stderr.splitlines())) == (1, 2)
    assert {path.name: path.read_bytes() for path in (tmp_path / "boxes").iterdir()} == drawn


def test_a_format_that_can_not_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    result = run(CAT, "--annotate", tmp_path / "out.xyz")
    assert (result.exit_code, result.stdout) == (2, "")
    assert ".xyz is no format that can be written" in result.stderr
