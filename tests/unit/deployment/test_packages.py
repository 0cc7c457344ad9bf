"""Function packages: reproducible, complete, and nothing in them that a function does not need."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from viewfinder.deployment.packages import AWS, assemble, build_package, this_machine
from viewfinder.deployment.progress import PackageError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one function without dependencies, and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    root = tmp_path / "project"
    for file in (
        "lambdas/echo/handler.py",
        "lambdas/echo/__pycache__/handler.cpython-311.pyc",
        "src/viewfinder/__init__.py",
        "src/viewfinder/settings.py",
        "src/viewfinder/domain/image.py",
        "src/viewfinder/rekognition/server.py",
        "src/viewfinder/cli/main.py",
    ):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(f"# {file}\n")
    return root


def names(package: Path) -> list[str]:
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def pin(path: Path) -> str:
    """Return the requirements that name a wheel's version and hash."""
    name, version, *_ = path.name.split("-")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"--no-index\n--find-links {path.parent}\n{name}=={version} --hash=sha256:{digest}\n"


def wheel(folder: Path, name: str, requires: str = "") -> Path:
    """Make a wheel of one module, with what installers and builders like to add."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "")
        archive.writestr(f"{name}/__init__.pyi", "")
        archive.writestr(f"{name}/tests/test_it.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_a_package_holds_the_handler_and_the_pipeline_alone(project: Path) -> None:
    package = build_package(project, "echo", this_machine())

    assert names(package.zip) == [
        "handler.py",
        "viewfinder/__init__.py",
        "viewfinder/domain/image.py",
        "viewfinder/settings.py",
    ]


def test_the_same_input_gives_the_same_bytes(project: Path) -> None:
    first = build_package(project, "echo", AWS)
    content = first.zip.read_bytes()
    first.zip.unlink()
    os.utime(project / "lambdas/echo/handler.py", (0, 0))
    (project / "lambdas/echo/handler.py").chmod(0o600)

    second = build_package(project, "echo", AWS)

    assert second == first
    assert second.zip.read_bytes() == content


def test_a_changed_file_gives_another_package(project: Path) -> None:
    before = build_package(project, "echo", AWS)
    (project / "src/viewfinder/settings.py").write_text("changed = True\n")

    assert build_package(project, "echo", AWS).digest != before.digest


def test_what_a_function_does_not_carry_does_not_change_its_package(project: Path) -> None:
    before = build_package(project, "echo", AWS)
    (project / "src/viewfinder/cli/main.py").write_text("changed = True\n")

    assert build_package(project, "echo", AWS) == before


def test_each_platform_has_a_package_of_its_own(project: Path) -> None:
    assert build_package(project, "echo", AWS).zip != build_package(project, "echo", this_machine()).zip


def test_wheels_are_unpacked_without_what_no_function_reads(project: Path, tmp_path: Path) -> None:
    (project / "lambdas/echo/requirements.txt").write_text(pin(wheel(tmp_path, "dependency")))

    assemble(project, "echo", this_machine(), tmp_path / "package")

    found = {
        path.relative_to(tmp_path / "package").as_posix() for path in (tmp_path / "package").rglob("dependency*/**/*")
    }
    assert found == {"dependency/__init__.py", "dependency-1.0.dist-info/METADATA"}


def test_a_dependency_that_is_not_in_the_list_is_refused(project: Path, tmp_path: Path) -> None:
    wheel(tmp_path, "unlisted")
    listed = wheel(tmp_path, "dependency", requires="Requires-Dist: unlisted\n")
    (project / "lambdas/echo/requirements.txt").write_text(pin(listed))

    with pytest.raises(PackageError, match="unlisted"):
        build_package(project, "echo", this_machine())


def test_a_wheel_of_other_content_than_the_listed_is_refused(project: Path, tmp_path: Path) -> None:
    listed = wheel(tmp_path, "dependency")
    (project / "lambdas/echo/requirements.txt").write_text(pin(listed))
    wheel(tmp_path, "dependency", requires="Summary: another\n")

    with pytest.raises(PackageError, match=r"(?i)hash mismatch"):
        build_package(project, "echo", this_machine())


def test_a_wheel_that_does_not_exist_is_told_with_uvs_words(project: Path) -> None:
    nowhere = f"dependency @ file:///nowhere/dependency-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n"
    (project / "lambdas/echo/requirements.txt").write_text(nowhere)

    with pytest.raises(PackageError, match="can't be installed"):
        build_package(project, "echo", this_machine())


def test_an_unknown_function_is_told(project: Path) -> None:
    with pytest.raises(PackageError, match="no function 'nothing'"):
        build_package(project, "nothing", AWS)


def test_the_engine_is_in_a_package_only_when_asked_for(project: Path, tmp_path: Path) -> None:
    (project / "lambdas/echo/requirements-engine.txt").write_text(pin(wheel(tmp_path, "network")))

    without = names(build_package(project, "echo", this_machine()).zip)
    carrying = names(build_package(project, "echo", this_machine(), engine=True).zip)

    assert set(carrying) - set(without) == {
        "network/__init__.py",
        "network-1.0.dist-info/METADATA",
        "viewfinder/rekognition/server.py",
    }
