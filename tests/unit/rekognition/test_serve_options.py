"""Each option of `viewfinder rekognition serve` reaches the engine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from viewfinder.cli.main import app
from viewfinder.rekognition.settings import Settings

OF_THE_ENVIRONMENT = {"access_key_id", "secret_access_key"}


def test_every_option_is_a_setting_of_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []
    monkeypatch.setattr("viewfinder.rekognition.server.serve", served.append)
    files = {name: tmp_path / name for name in ("detector", "labels", "classifier", "classes", "vocabulary")}
    for file in files.values():
        file.write_text("content")
    folders = {name: tmp_path / name for name in ("data_dir", "clip")}
    for folder in folders.values():
        folder.mkdir()
    numbers = {"port": 1, "workers": 2, "queue": 3, "timeout": 4.5, "max_pixels": 5, "passes": 1, "max_faces": 6}
    texts = {"host": "localhost", "s3_endpoint": "http://localhost:1", "region": "eu-west-1"}
    given = {**numbers, **texts, **files, **folders, "min_probability": 0.25}
    options = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", str(value))]

    result = CliRunner().invoke(app, ["rekognition", "serve", *options, "--allow-bucket", "photos"])

    assert result.exit_code == 0, result.output
    expected = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    [settings] = served
    found = {name: value for name, value in asdict(settings).items() if name not in OF_THE_ENVIRONMENT}
    assert found == expected | {"allow_buckets": ("photos",)}
