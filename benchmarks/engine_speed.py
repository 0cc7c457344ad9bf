"""The engine beside a bare loop: runs engine.measure, and reads what it reports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.summaries import Result

PROJECT = Path(__file__).parents[1]
REPORTED = re.compile(r"(?P<kept>ok|MISS) +(?P<what>.+): (?P<value>[-\d.]+) (?P<unit>\S+) \((?P<limit>.+)\)")


def run(bench: Bench) -> Result:
    """Return each figure with its limit."""
    effort = ("--images", "200", "--seconds", "0.5") if bench.quick else ("--images", "1000")
    command = [sys.executable, "-m", "benchmarks.engine.measure", *effort]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return {"figures": figures(done.stdout)}


def figures(printed: str) -> dict[str, Result]:
    """Read the lines that say whether a promise is kept."""
    found = (match.groupdict() for match in REPORTED.finditer(printed))
    return {
        one["what"]: {
            "value": float(one["value"]),
            "unit": one["unit"],
            "limit": one["limit"],
            "kept": one["kept"] == "ok",
        }
        for one in found
    }
