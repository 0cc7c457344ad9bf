"""What each step of the image function takes: its parts, wrapped so that every call is timed."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from viewfinder.adapters.pictures import rendering
from viewfinder.bootstrap import Application

NAMES = {
    "catalog.find": "read the record",
    "catalog.save": "store record and postings, end the lease",
    "leases.claim": "claim the lease",
    "images.fetch": "fetch",
    "derived.find_analysis": "look for a known analysis",
    "derived.save_analysis": "store the analysis",
    "derived.put_thumbnail": "store the thumbnail",
    "derived.copy_thumbnail": "copy the thumbnail",
    "pictures.read": "decode",
    "detector.detect": "detector",
}


class Steps:
    """Milliseconds by step; `reset` begins anew."""

    def __init__(self) -> None:
        self.milliseconds: defaultdict[str, float] = defaultdict(float)

    def reset(self) -> None:
        """Forget what was measured."""
        self.milliseconds = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time of a block to a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.milliseconds[name] += (time.perf_counter() - start) * 1000

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time added to a step."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            with self.step(name):
                return function(*arguments, **keywords)

        return call


class Part:
    """A part of the application whose calls are steps."""

    def __init__(self, name: str, part: Any, steps: Steps) -> None:
        for call in (call for call in NAMES if call.startswith(f"{name}.")):
            method = call.partition(".")[2]
            setattr(self, method, steps.timed(NAMES[call], getattr(part, method)))
        self._part = part

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


def watch(application: Application, steps: Steps) -> None:
    """Wrap the parts of an application; of decoding, the thumbnail becomes a step of its own."""
    for name in ("catalog", "images", "derived", "pictures", "detector", "leases"):
        application.__dict__[name] = Part(name, getattr(application, name), steps)
    rendering.encode_small = steps.timed("encode the thumbnail", rendering.encode_small)


def shares(milliseconds: Mapping[str, float], total: float) -> dict[str, float]:
    """Return each step's own time, and what the function does besides."""
    own = dict(milliseconds)
    if "encode the thumbnail" in own:
        own["decode"] -= own["encode the thumbnail"]
    return own | {"the rest": total - sum(own.values())}
