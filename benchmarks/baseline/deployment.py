"""The baseline's stack, put beside Viewfinder's on the same emulator by the same deployment code."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from viewfinder.deployment.deploy import Blueprint, deploy
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import Package, functions, read_template
from viewfinder.deployment.progress import silent
from viewfinder.deployment.stack import Stack

FOLDER = Path(__file__).parent


def deploy_baseline(environment: Environment, temporary: Path) -> dict[str, str]:
    """Return the outputs of the deployed stack."""
    content = read_template(FOLDER / "template.yaml")
    packages = {logical_id: package(name, temporary) for logical_id, name in functions(content).items()}
    stack = Stack(environment, "viewfinder-baseline")
    deploy(stack, Blueprint(FOLDER / "template.yaml", content, packages), silent)
    return stack.outputs


def package(function: str, folder: Path) -> Package:
    """Zip a handler; boto3 comes with the runtime, and there is nothing else."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(FOLDER / function / "handler.py", "handler.py")
    path = folder / f"{function}.zip"
    path.write_bytes(content.getvalue())
    return Package(function, path, hashlib.sha256(content.getvalue()).hexdigest())
