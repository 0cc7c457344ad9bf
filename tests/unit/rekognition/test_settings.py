"""Settings: defaults, environment, overrides, and errors that name the variable."""

from __future__ import annotations

from dataclasses import fields

import pytest

from viewfinder.rekognition.settings import Settings, help_of


def test_the_environment_gives_each_setting_in_its_type() -> None:
    settings = Settings.from_environment(
        {
            "VIEWFINDER_ENGINE_PORT": "9000",
            "VIEWFINDER_ENGINE_TIMEOUT": "2.5",
            "VIEWFINDER_ENGINE_ALLOW_BUCKETS": "photos, viewfinder-*",
        }
    )
    assert (settings.port, settings.timeout, settings.allow_buckets) == (9000, 2.5, ("photos", "viewfinder-*"))


def test_an_override_wins_and_none_does_not() -> None:
    environment = {"VIEWFINDER_ENGINE_PORT": "9000", "VIEWFINDER_ENGINE_QUEUE": "3"}
    settings = Settings.from_environment(environment, port=1, queue=None)
    assert (settings.port, settings.queue) == (1, 3)


def test_a_value_of_the_wrong_type_names_its_variable() -> None:
    with pytest.raises(ValueError, match="VIEWFINDER_ENGINE_PORT must be a whole number, not 'many'"):
        Settings.from_environment({"VIEWFINDER_ENGINE_PORT": "many"})


def test_the_default_listens_on_this_machine_only() -> None:
    assert Settings().host == "127.0.0.1"


@pytest.mark.parametrize("name", [entry.name for entry in fields(Settings)])
def test_every_setting_has_a_sentence_of_help(name: str) -> None:
    assert help_of(name).endswith(".")


@pytest.mark.parametrize("half", ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY"])
def test_half_a_key_pair_is_refused(half: str) -> None:
    with pytest.raises(ValueError, match="belong together"):
        Settings.from_environment({f"VIEWFINDER_ENGINE_{half}": "something"})


@pytest.mark.parametrize("passes", ["0", "3"])
def test_the_detector_looks_once_or_twice(passes: str) -> None:
    with pytest.raises(ValueError, match="PASSES must be 1 or 2"):
        Settings.from_environment({"VIEWFINDER_ENGINE_PASSES": passes})
