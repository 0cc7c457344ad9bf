"""`up --hosted`: kept from start to start, on a port of its own, and told to the template and the emulator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from viewfinder.local import components
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import LocalStackError
from viewfinder.local.running import parameters_of
from viewfinder.local.state import Options, Ports, Record, load, with_options


def test_it_is_kept_until_it_is_taken_back(tmp_path: Path) -> None:
    first = with_options(None, Options(hosted=True, hosted_port=9001))
    first.save(tmp_path / "stack.json")

    later = with_options(load(tmp_path / "stack.json"), Options())
    ended = with_options(later, Options(hosted=False))

    assert (later.hosted, later.hosted_url) == (True, "http://localhost:9001")
    assert (ended.hosted, ended.hosted_url, ended.ports.hosted) == (False, "", 9001)


def test_a_record_of_an_earlier_release_is_not_hosted(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(
        '{"layout": 2, "ports": {"emulator": 4566, "gallery": 8080, "engine": 0}, "processes": []}'
    )

    record = load(tmp_path / "stack.json")

    assert record is not None
    assert (record.hosted, record.ports.hosted) == (False, 8081)


@pytest.mark.parametrize("port", [4566, 8080])
def test_its_port_is_not_another_component_s(port: int) -> None:
    with pytest.raises(LocalStackError, match=f"{port} is taken by the stack itself"):
        with_options(None, Options(hosted=True, hosted_port=port))


def test_the_template_and_the_emulator_are_told_of_it(tmp_path: Path) -> None:
    plain = Record(Ports(4566, 8080, 0, 9001))
    hosted = replace(plain, hosted=True)
    told = {"HostedGallery": "On", "GalleryOrigin": "http://localhost:9001"}
    data = DataDirectory(tmp_path)

    assert parameters_of(hosted).items() - parameters_of(plain).items() == told.items()
    assert parameters_of(plain).items() >= {"HostedGallery": "Off", "GalleryOrigin": ""}.items()
    page = {
        record.hosted: components.emulator(data, record, Path("python")).environment.get("VIEWFINDER_HOSTED_PAGE")
        for record in (plain, hosted)
    }
    assert page == {False: None, True: "http://localhost:9001"}


def test_what_serves_the_page_has_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's")
    outputs = {"GalleryClientId": "a-client", "GalleryApiId": "a1b2c3d4"}
    record = Record(Ports(4566, 8080, 0, 9001), hosted=True, outputs=outputs, features="LABELS,TEXT")

    component = components.hosted(DataDirectory(tmp_path), record)

    assert not any(name.startswith(("AWS", "VIEWFINDER")) for name in component.environment)
    command = " ".join(component.command)
    assert "--api http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod" in command
    assert "--login http://localhost:4566 --client-id a-client --bucket http://127.0.0.1:4566" in command
    assert "--moderated" not in command
