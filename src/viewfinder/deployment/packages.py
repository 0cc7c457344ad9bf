"""Function packages: one zip per function, the same bytes for the same input.

A package is what `lambdas/NAME/` holds, the rooms of `viewfinder` that run in a function, and the wheels that
`lambdas/NAME/requirements.txt` pins, for the platform the function runs on. boto3 is one of them, with the models of
those services that a function calls (docs/decisions/2026-11-29-boto3-in-the-packages.md).

The image function's package may carry the engine, too, with the wheels of `requirements-engine.txt`.

`python -m viewfinder.deployment.packages FUNCTION FOLDER [Engine]` builds an unzipped package: `sam build` calls it so.
"""

from __future__ import annotations

import copy
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from platformdirs import user_cache_path
from samtranslator.yaml_helper import yaml_parse
from uv import find_uv_bin
from yaml import YAMLError

import viewfinder
from viewfinder.deployment.progress import PackageError, TemplateError

PIPELINE_ROOMS = (
    "__init__.py",
    "adapters",
    "bootstrap.py",
    "domain",
    "observability",
    "ports.py",
    "settings.py",
    "usecases",
)
"""The subpackages of `viewfinder` in a function's package."""

ENGINE = "rekognition"
"""The room that a function carries besides, with its models, where `requirements-engine.txt` is installed, too."""

UNUSED = (".lock", "__pycache__", "*.pyi", "py.typed", "tests", "sboms")
"""What wheels and the installer bring that no function reads."""

SERVICES = ("bedrock-runtime", "dynamodb", "events", "rekognition", "s3", "s3vectors", "sqs")
"""What functions call: botocore has models of 400 services, 21 MB of its 24."""

UNUSED_OF_BOTO3 = ("boto3/data", "boto3/examples", "botocore/data/*/*/examples-1.json*")

INSTALLER_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json")
"""Files of a dist-info folder that tell how a wheel was installed (licences and entry points stay)."""

ENGINE_REQUIREMENTS = "requirements-engine.txt"

BUILDER_VERSION = 7
"""Part of the cache key: grows when this module builds something else from the same input."""

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
ZIP_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Platform:
    """The platform of a function; `wheels` is uv's name of it, None for this machine."""

    python: str
    wheels: str | None = None


AWS = Platform(python="3.13", wheels="aarch64-manylinux_2_28")
"""Lambda's python3.13 on Graviton (Amazon Linux 2023 has glibc 2.34; the wheels ask for 2.28 at most)."""


def this_machine() -> Platform:
    """Return the platform of this interpreter, which the emulator shares."""
    return Platform(python=platform.python_version())


@dataclass(frozen=True, slots=True)
class Package:
    """A built package; `digest` names its content."""

    function: str
    zip: Path
    digest: str


def build_package(project: Path, function: str, target: Platform, *, engine: bool = False) -> Package:
    """Return the package of `lambdas/FUNCTION`, from the cache if its input is unchanged; raise PackageError."""
    cached = (
        user_cache_path("viewfinder")
        / "packages"
        / f"{function}-{_digest_of_input(project, function, target, engine)}.zip"
    )
    if not cached.exists():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "package"
            assemble(project, function, target, folder, engine=engine)
            _zip(folder, cached)
    return Package(function, cached, hashlib.sha256(cached.read_bytes()).hexdigest())


def assemble(project: Path, function: str, target: Platform, folder: Path, *, engine: bool = False) -> None:
    """Put an unzipped package into a folder (created if missing); raise PackageError."""
    source = _function_source(project, function)
    folder.mkdir(parents=True, exist_ok=True)
    _install_wheels([source / "requirements.txt", *([source / ENGINE_REQUIREMENTS] if engine else [])], target, folder)
    _prune(folder)
    for origin in _own_files(project, source, engine):
        destination = folder / _path_in_package(project, source, origin)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, destination)


def _function_source(project: Path, function: str) -> Path:
    source = project / "lambdas" / function
    if not (source / "handler.py").is_file():
        raise PackageError(f"There is no function {function!r}: {source / 'handler.py'} does not exist.")
    return source


def carries_engine(project: Path, function: str) -> bool:
    """Return whether the package of a function may carry the engine."""
    return (_function_source(project, function) / ENGINE_REQUIREMENTS).is_file()


def _own_files(project: Path, source: Path, engine: bool) -> Iterator[Path]:
    """Return the project's source files of a package."""
    rooms = (_library(project) / room for room in (*PIPELINE_ROOMS, *([ENGINE] if engine else [])))
    for root in (source, *rooms):
        files = sorted(root.rglob("*")) if root.is_dir() else [root]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def _path_in_package(project: Path, source: Path, file: Path) -> Path:
    return file.relative_to(source if file.is_relative_to(source) else _library(project).parent)


def _library(project: Path) -> Path:
    """Return the folder of the `viewfinder` package, in the clone or as installed."""
    of_clone = project / "src" / "viewfinder"
    return of_clone if of_clone.is_dir() else Path(viewfinder.__file__).parent


def _digest_of_input(project: Path, function: str, target: Platform, engine: bool) -> str:
    source = _function_source(project, function)
    digest = hashlib.sha256(f"{BUILDER_VERSION} {target}".encode())
    for file in _own_files(project, source, engine):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{_path_in_package(project, source, file)}\0{content}\n".encode())
    return digest.hexdigest()[:32]


def _install_wheels(requirements: Sequence[Path], target: Platform, folder: Path) -> None:
    given = [path for path in requirements if path.exists()]
    if not given:
        return
    command = [find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder), "--python-version", target.python]
    # By hashes, uv also refuses whatever is not in the list: the same input gives the same package.
    command += ["--require-hashes", "--only-binary", ":all:", "--python", sys.executable, "--link-mode", "copy"]
    command += [part for path in given for part in ("-r", str(path))]
    if target.wheels:
        command += ["--python-platform", target.wheels]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"The wheels of {given[-1]} can't be installed:\n{done.stderr.strip()}")


def _prune(folder: Path) -> None:
    for path in [folder / "bin", *(path for pattern in UNUSED for path in folder.rglob(pattern))]:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    _prune_boto3(folder)
    for info in folder.glob("*.dist-info"):
        for name in INSTALLER_NOTES:
            (info / name).unlink(missing_ok=True)


def _prune_boto3(folder: Path) -> None:
    """Leave the models of the services that are called, and what botocore knows of endpoints and retries."""
    models = (path for path in (folder / "botocore" / "data").glob("*") if path.is_dir() and path.name not in SERVICES)
    for path in [*models, *(path for pattern in UNUSED_OF_BOTO3 for path in folder.glob(pattern))]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _zip(folder: Path, destination: Path) -> None:
    """Zip a folder reproducibly: sorted names, one time, one mode."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=destination.parent)) / "package.zip"
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = ZIP_MODE
            archive.writestr(entry, file.read_bytes())
    unfinished.replace(destination)
    unfinished.parent.rmdir()


def main(function: str, folder: str, detector: str = "") -> None:
    """Build one package for Lambda into a folder."""
    assemble(Path.cwd(), function, AWS, Path(folder), engine=detector == "Engine")


if __name__ == "__main__":
    main(*sys.argv[1:])


Template = dict[str, Any]


def project() -> Path:
    """Return the folder of `infrastructure/`, `lambdas/` and `samples/`: in the package of a wheel, else the clone."""
    package = Path(viewfinder.__file__).parent
    packaged = package / "project"
    return packaged if packaged.is_dir() else package.parents[1]


def read_template(path: Path) -> Template:
    """Read a template with CloudFormation's short tags (`!Ref`, `!Sub`) spelled out; raise TemplateError."""
    try:
        template = yaml_parse(path.read_text())
    except (OSError, ValueError, YAMLError) as error:
        raise TemplateError(f"The template {path} can't be read: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise TemplateError(f"{path} is not a CloudFormation template: it has no Resources.")
    return template


def functions(template: Template) -> dict[str, str]:
    """Map the logical id of each function to its folder's name in `lambdas/`."""
    return {name: PurePosixPath(resource["Properties"]["CodeUri"]).name for name, resource in _functions(template)}


def point_at_artifacts(template: Template, packages: Mapping[str, str]) -> Template:
    """Return a copy in which the CodeUri of each function, by its logical id, is the s3:// address of its package."""
    packaged = copy.deepcopy(template)
    for name, resource in _functions(packaged):
        resource["Properties"]["CodeUri"] = packages[name]
    return packaged


def to_json(template: Template) -> bytes:
    """Return the template as JSON for CloudFormation; dates that YAML has parsed become strings again."""
    return json.dumps(template, default=str, indent=1).encode()


def _functions(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource
