"""The file of results: one entry per benchmark, saved as soon as it is measured, so that a run can be gone on with."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.summaries import Result

FOLDER = Path(__file__).parents[1] / "docs" / "benchmarks"


@dataclass
class Results:
    """What was measured so far."""

    folder: Path = FOLDER
    entries: dict[str, Result] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Results:
        """Read the file, if there is one."""
        file = folder / "results.json"
        return cls(folder, json.loads(file.read_text()) if file.exists() else {})

    def add(self, name: str, result: Result, *, seconds: float, quick: bool) -> None:
        """Add a benchmark's result, and saves all."""
        self.entries[name] = {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": commit(),
            "machine": machine(),
            "seconds": round(seconds),
            "quick": quick,
            "result": result,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "results.json").write_text(json.dumps(self.entries, indent=1) + "\n")

    def has(self, name: str, *, quick: bool) -> bool:
        """Whether this version of the project was measured already, as thoroughly."""
        entry = self.entries.get(name)
        return entry is not None and entry["commit"] == commit() and entry["quick"] <= quick

    def of(self, name: str) -> Result:
        """Return a benchmark's result, empty where it was not measured."""
        entry = self.entries.get(name)
        return dict(entry["result"]) if entry else {}


def commit() -> str:
    """Name the version of the project."""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=FOLDER.parents[1], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def machine() -> Result:
    """Return what of the machine matters for the times; no names."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory GB": round(psutil.virtual_memory().total / 1e9),
        "load before": round(os.getloadavg()[0], 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
