"""What is installed, here and on AWS, is named by version and hash; and every model by its origin and licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MODELS = PROJECT / "src" / "viewfinder" / "rekognition" / "models"
FUNCTIONS = sorted((PROJECT / "lambdas").glob("*/requirements*.txt"))
PINNED = [
    PROJECT / "constraints.txt",
    *FUNCTIONS,
    PROJECT / "src" / "viewfinder" / "local" / "ministack" / "requirements.txt",
]


def pins(path: Path) -> dict[str, tuple[str, int]]:
    """Map each package to its version and its number of hashes."""
    text = re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("--hash=sha256:")
        name, version = requirement.strip().split("==")
        assert all(re.fullmatch("[0-9a-f]{64}", each.strip()) for each in hashes)
        found[name.lower().replace("_", "-")] = (version, len(hashes))
    return found


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_package_has_an_exact_version_and_hashes(path: Path) -> None:
    packages = pins(path)
    assert packages
    assert [name for name, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize("path", PINNED, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_address_of_a_registry_is_in_a_file(path: Path) -> None:
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links", path.read_text()) == []


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_functions_run_on_the_versions_that_the_tests_run_on(path: Path) -> None:
    tested = pins(PROJECT / "constraints.txt")
    assert {name: pin for name, pin in pins(path).items() if tested.get(name) != pin} == {}


@pytest.mark.parametrize("model", sorted(MODELS.glob("*.onnx")), ids=lambda path: path.name)
def test_every_model_is_in_the_notice(model: Path) -> None:
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    assert re.search(rf"^{re.escape(model.name)} +sha256 {digest}$", (MODELS / "NOTICE").read_text(), re.MULTILINE)
