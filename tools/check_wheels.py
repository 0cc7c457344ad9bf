"""Check that every pinned dependency has a wheel for each Python version, and print a table of those that have not.

Usage: python tools/check_wheels.py [3.11 3.12 ...]   (asks PyPI by pip; downloads into a temporary folder)
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from importlib import metadata

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64")


def dependencies() -> list[str]:
    """Return what the installed project needs at run time, the transitive packages too, as NAME==VERSION."""
    found, waiting = {}, ["viewfinder"]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        distribution = metadata.distribution(name)
        found[name] = distribution.version
        needed = [each for each in distribution.requires or () if "extra ==" not in each and "win32" not in each]
        waiting += [re.match(r"[\w.-]+", each)[0] for each in needed if _is_installed(each)]  # type: ignore[index]
    found.pop("viewfinder")
    return [f"{name}=={version}" for name, version in sorted(found.items())]


def _is_installed(requirement: str) -> bool:
    """Return whether the package is there: one for another system is not."""
    try:
        metadata.distribution(re.match(r"[\w.-]+", requirement)[0])  # type: ignore[index]
    except metadata.PackageNotFoundError:
        return False
    return True


def without_wheel(requirements: list[str], python: str, folder: str) -> list[str]:
    """Return which of these exact versions have no wheel; pip is asked for all of them at once first."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", python, "--implementation", "cp", "--dest", folder]
    command += [part for platform in PLATFORMS for part in ("--platform", platform)]
    if subprocess.run([*command, *requirements], capture_output=True, check=False).returncode == 0:
        return []
    if len(requirements) == 1:
        return requirements
    half = len(requirements) // 2
    parts = requirements[:half], requirements[half:]
    return [each for part in parts for each in without_wheel(part, python, folder)]


def main(pythons: tuple[str, ...]) -> int:
    """Return 1 where a wheel is missing."""
    needed = dependencies()
    with tempfile.TemporaryDirectory() as folder:
        missing = {python: without_wheel(needed, python, folder) for python in pythons}
    for python, lacking in missing.items():
        print(f"| {python} | {len(needed) - len(lacking)} of {len(needed)} | {', '.join(lacking) or '-'} |")
    return any(missing.values())


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:]) or PYTHONS))
