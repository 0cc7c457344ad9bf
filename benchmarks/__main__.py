"""Runs the benchmarks, and makes docs/benchmarks/: raw results, plots and page.

python -m benchmarks [--only NAME]... [--quick] [--resume] [--page]
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from importlib import import_module

from benchmarks.bench import Bench
from benchmarks.page import write_page
from benchmarks.plots import draw
from benchmarks.results import Results

MODULES = {
    "quality": "benchmarks.quality",
    "alike": "benchmarks.alike",
    "words": "benchmarks.words.measure",
    "pictures": "benchmarks.pictures",
    "viewer": "benchmarks.viewer",
    "start": "benchmarks.start",
    "catalog": "benchmarks.catalog",
    "collections": "benchmarks.collections",
    "people": "benchmarks.people",
    "engine": "benchmarks.engine_speed",
    "analyze": "benchmarks.analyze",
    "engine in the function": "benchmarks.engine_function",
    "processing": "benchmarks.processing",
    "pipeline": "benchmarks.pipeline",
    "stages": "benchmarks.stages",
    "engine in process": "benchmarks.in_process",
    "clients": "benchmarks.clients",
    "api": "benchmarks.api",
}
"""Those that need no stack come first: nothing else is to run beside them."""


def main() -> int:
    """Return 1 where a benchmark failed; what the others measured is kept."""
    options = parsed()
    results = Results.load()
    chosen = [] if options.page else options.only or list(MODULES)
    failed = []
    with Bench(options.quick) as bench:
        for name in chosen:
            if options.resume and results.has(name, quick=options.quick):
                print(f"{name}: measured already", flush=True)
            elif not measured(name, bench, results):
                failed.append(name)
    draw(results)
    write_page(results)
    print(f"{results.folder}/README.md is written. " + (f"Failed: {', '.join(failed)}" if failed else ""))
    return bool(failed)


def measured(name: str, bench: Bench, results: Results) -> bool:
    """Run one benchmark; an error is shown, and return nothing about the others."""
    print(f"{name} ...", end=" ", flush=True)
    start = time.monotonic()
    try:
        result = import_module(MODULES[name]).run(bench)
    except Exception:
        traceback.print_exc()
        return False
    results.add(name, result, seconds=time.monotonic() - start, quick=bench.quick)
    print(f"{time.monotonic() - start:.0f} s", flush=True)
    return True


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Viewfinder.")
    parser.add_argument("--only", action="append", choices=MODULES, help="only this one; can be repeated")
    parser.add_argument("--quick", action="store_true", help="a few rounds: to see that it works")
    parser.add_argument("--resume", action="store_true", help="skip what was measured of this commit")
    parser.add_argument("--page", action="store_true", help="measure nothing; draw and write from the raw results")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
