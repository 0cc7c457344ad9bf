"""How much memory the emulator keeps for each image: python -m benchmarks.emulator_memory [PHOTOS].

Small photos are imported into a new stack that is warm, in two lots, and each time the memory that is the emulator's
alone is compared. The first lot also fills what has a bound: logs, and points of metrics.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from benchmarks.photos import photo
from benchmarks.stack import TEMPLATE
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

WARM = 200
SIZE = (160, 120)


def main(photos: int) -> None:
    """Import twice so many photos, and print the emulator's memory before and after, and for each photo of a lot."""
    with tempfile.TemporaryDirectory(prefix="viewfinder-memory-") as folder:
        local = LocalStack(DataDirectory(Path(folder) / "stack"))
        local.up(TEMPLATE, Options(free_port(), free_port(), features="LABELS"), silent)
        try:
            _import(local, Path(folder) / "warm", range(WARM))
            taken = [_kilobytes(local)]
            for lot in range(2):
                first = WARM + lot * photos
                _import(local, Path(folder) / str(lot), range(first, first + photos))
                taken.append(_kilobytes(local))
        finally:
            local.down()
    each = [round((after - before) / photos, 2) for before, after in pairwise(taken)]
    print(json.dumps({"Photos": photos, "Kilobytes": [round(one) for one in taken], "KilobytesAPhoto": each}))


def _import(local: LocalStack, folder: Path, numbers: range) -> None:
    folder.mkdir()
    for number in numbers:
        (folder / f"{number}.jpg").write_bytes(photo(number, SIZE))
    command = [sys.executable, "-m", "viewfinder.cli.main", "import", str(folder), "--json"]
    done: Any = subprocess.run(
        [*command, "--data-dir", str(local.data.path)], check=True, capture_output=True, text=True
    )
    counts = json.loads(done.stdout)
    assert counts["Failed"] == 0, counts


def _kilobytes(local: LocalStack) -> float:
    """Return the memory of the emulator's process that no other process shares; its functions have their own."""
    emulator = next(process for process in local.record.processes if process.name == "emulator")
    return float(psutil.Process(emulator.pid).memory_full_info().uss / 1000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
