"""Scale beyond one machine, by calculation and simulation: no stack is needed, and nothing is timed."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.scale import load
from benchmarks.scale.heat import TRANSACTION, Sizes, simulate, sustained
from benchmarks.scale.items import item_sizes
from benchmarks.summaries import Result

IMAGES = (1_000_000, 100_000_000, 10_000_000_000)
SHARDS = (1, 4, 8, 64)
RATES = (50, 200, 1000, 5000)
LEAST_QUOTA, USUAL_QUOTA = 5, 50


def run(bench: Bench) -> Result:
    """Return what each size asks for, and what is throttled at each rate and shard setting."""
    sizes = item_sizes()
    units = Sizes.of(sizes["record bytes"], sizes["posting bytes"])
    rates = RATES[:3] if bench.quick else RATES
    return {
        "items": sizes,
        "write units of an image": write_units(units, sizes["postings of an image"]),
        "sizes": [asked_by(images, sizes, units) for images in IMAGES],
        "throttled percent": {str(rate): throttled(rate, units) for rate in rates},
        "images per second without throttling": {str(shards): sustained(shards, units) for shards in SHARDS},
    }


def throttled(per_second: int, units: Sizes) -> dict[str, float]:
    """Return the percentage of attempts that are throttled with each shard setting."""
    return {str(shards): round(100 * simulate(per_second, shards, units, seconds=5).share, 1) for shards in SHARDS}


def write_units(units: Sizes, postings: int) -> int:
    """Return the write units of an image: in the table twice for the transaction, in the index once."""
    return (TRANSACTION + 1) * (units.record + postings * units.posting)


def asked_by(images: int, sizes: Result, units: Sizes) -> Result:
    """Return everything that a collection of this size, come in over a year, asks for."""
    mean = load.mean_rate(images)
    peak = load.PEAK * mean
    gigabytes = catalog_gigabytes(images, sizes)
    defaults = load.Settings()
    enough = load.Settings(concurrency=load.concurrency_for(peak), quota=max(USUAL_QUOTA, round(peak + 1)))
    return {
        "images": images,
        "mean per second": round(mean, 2),
        "peak per second": round(peak, 2),
        "hours to take all in at the least quota": round(images / LEAST_QUOTA / 3600, 1),
        "hours to take all in at the usual quota": round(images / USUAL_QUOTA / 3600, 1),
        "functions at once at the peak": load.concurrency_for(peak),
        "oldest message with the defaults, minutes": round(load.oldest_minutes(load.day(mean), defaults.per_second), 1),
        "oldest message with enough, minutes": round(load.oldest_minutes(load.day(mean), enough.per_second), 1),
        "write units per second at the peak": round(peak * write_units(units, sizes["postings of an image"])),
        "catalog gigabytes": round(gigabytes),
        "dollars a month": load.monthly_dollars(images, gigabytes),
    }


def catalog_gigabytes(images: int, sizes: Result) -> float:
    """Return the size of table and index together."""
    bytes_each: int = sizes["record bytes"] + sizes["postings of an image"] * sizes["posting bytes"]
    return 2 * images * bytes_each / 1e9
