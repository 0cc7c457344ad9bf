"""Each parameter of the template is one that `up` takes, one that is fixed, or one that means nothing here."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from viewfinder.deployment.packages import read_template
from viewfinder.local.parameters import CHOSEN_OTHERWISE, DEFAULTS, FIXED, HONOURED, MEANINGLESS, checked
from viewfinder.local.processes import LocalStackError
from viewfinder.local.running import parameters_of
from viewfinder.local.state import Options, Ports, Record, load, with_options

DECLARED = read_template(Path(__file__).parents[3] / "infrastructure" / "template.yaml")["Parameters"]
GROUPS = (HONOURED, set(FIXED), CHOSEN_OTHERWISE, set(MEANINGLESS))


def test_every_parameter_of_the_template_belongs_to_one_group() -> None:
    assert set().union(*GROUPS) == set(DECLARED)
    assert [one & other for one, other in combinations(GROUPS, 2) if one & other] == []
    assert set(DEFAULTS) <= HONOURED


def test_what_was_chosen_is_kept_and_deployed(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    first = with_options(None, Options(parameters={"KeepLocation": "true"}))
    first.save(file)
    second = with_options(load(file), Options(parameters={"BatchThreads": "2"}))

    chosen = parameters_of(second)
    assert (chosen["KeepLocation"], chosen["BatchThreads"]) == ("true", "2")
    assert (chosen["AnalysisIntervalSeconds"], chosen["Shards"]) == ("0", "1")
    assert "KeepLocation" not in parameters_of(Record(Ports(1, 2, 3)))


def test_what_can_be_honoured_is_taken() -> None:
    wanted = {"KeepLocation": "true", "ImageVersionDays": "7", "LogLevel": "DEBUG"}
    assert checked(wanted, DECLARED) == wanted


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KeepLocation", "yes", "one of false, true is wanted"),
        ("BatchThreads", "11", "a number from 1 to 10 is wanted"),
        ("BatchThreads", "two", "a number from 1 to 10 is wanted"),
        ("AlarmEmail", "a@example.com", "the emulator sends no mail"),
        ("Shards", "4", "it is fixed"),
        ("Features", "LABELS", "it is the option --features"),
        ("Nothing", "1", "there is no such parameter"),
    ],
)
def test_what_can_not_be_honoured_is_refused_with_the_reason(name: str, value: str, told: str) -> None:
    with pytest.raises(LocalStackError, match=told):
        checked({name: value}, DECLARED)
