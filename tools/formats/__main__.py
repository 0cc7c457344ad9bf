"""Write the golden files of every release, or of those named, into a folder: `tools/write_format_files --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.formats.releases import NEXT, RELEASES, write_files

GOLDEN = Path(__file__).parents[2] / "tests" / "formats"
_KNOWN = (*RELEASES, NEXT)


def main() -> None:
    """Read the command line, and write."""
    parser = argparse.ArgumentParser(prog="write_format_files", description=__doc__)
    parser.add_argument(
        "versions", nargs="*", default=list(RELEASES), help=f"of {', '.join(_KNOWN)}; default: every release"
    )
    parser.add_argument("--out", type=Path, default=GOLDEN, help="folder that gets a folder for each version")
    options = parser.parse_args()
    for version in options.versions:
        if version not in _KNOWN:
            parser.error(f"{version} is not a known version: {', '.join(_KNOWN)}")
        write_files(version, options.out / version)
        print(f"written: {options.out / version}")


if __name__ == "__main__":
    main()
