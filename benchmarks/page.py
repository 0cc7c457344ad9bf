"""The page of the results: what was measured, how, and the tables; made from the raw results alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchmarks.results import Results
from benchmarks.summaries import Result

HEAD = """# Benchmarks

Made by `make bench` (under 20 minutes on two cores; `.venv/bin/python -m benchmarks --help` tells of parts). Do not
edit: the page is written from [results.json](results.json).

Times depend on the machine, so what is promised are ratios of things that were measured in turns within one run. A
figure is the median; after it, in brackets, the quartiles. The **baseline** is what tutorials of this kind build: S3
invokes the function, one item per image with its whole label list, the API scans the table
([benchmarks/baseline](../../benchmarks/baseline/template.yaml)); it runs beside Viewfinder on the same emulator.
"""

PROCESSING = """## Processing: what an image costs beside the detector

The handlers of both stacks, in one process, on the emulator's buckets and tables, one image at a time; a JPEG of
{megapixels} megapixels and {kilobytes:,.0f} kB, of new content each time or the same under a new key; a detector that
answers at once. Milliseconds.

![Steps of an image](processing.png)
"""

PROCESSING_NOTE = """The baseline neither reads the picture nor checks it, makes no thumbnail, keeps no analysis for
reuse, and writes no index: that is the difference. The processor time is the function's own, its AWS calls included.
"""

PICTURES = """### Reading pictures

Least processor time of several readings, one after the other, in milliseconds: a picture is recognised, decoded at the
smallest scale that serves, turned upright, and encoded again for the detector only where it would not take it as it is.
"""

PIPELINE = """## The local pipeline beside its engine

`viewfinder import` of {photos} different photos ({megapixels} megapixels each) until all are searchable, the command's
own start included, in turns with the engine's server alone answering eight clients that send the same photos. The
engine is what the pipeline cannot do without; where the rest goes is told by each process' share of the processor time.

![Processor time of a photo](pipeline.png)
"""

API = """## The API as the catalog grows

Signed calls over HTTP, through the emulator's API Gateway, to the deployed functions; pages of 50; images of some 15
labels each, which occur by the law of Zipf and Mandelbrot. The emulator's own time for a Query grows with its
partition, AWS's does not: there, what counts are the calls and items read, in the second table.

![Latency over images](api.png)
"""

CATALOG = """## The catalog of one machine

SQLite files of {sizes} images, each saved by the catalog's own code, one transaction an image, with some 16 labels,
boxes, facts and words; then pages of 50 of all of them in turns, in one process, without HTTP.
"""

ENGINE = """## The engine beside a bare loop

The bare loop decodes, resizes and runs the same two networks, and nothing else
([benchmarks/engine](../../benchmarks/engine)).
"""

FUNCTION = """### The engine inside the image function

The package of `Detector=Engine` in fresh processes with nothing else on the path, {photos} sample photos, four at once;
held to one core for 1,769 MB, to two for 3,008 MB, whose 1.7 virtual processors the dollars count. This machine is no
Graviton: treat the dollars (us-east-1, arm64) as an order of magnitude. For AWS the package has {zipped:.1f} MB,
unzipped {unzipped:.1f} MB of the 262 that Lambda allows.
"""

IN_PROCESS = """### The engine over its wire and in the function

Two local stacks, one of each way, import the same {photos} new photos in turns; labels and text.
"""

QUALITY = """### Label quality

64 photos of COCO val2017 and 50 of Pascal VOC 2012, image level, labels of at least 55 %; only classes that the set
annotates. The photos are not part of the project; without them this is left out.
"""

START = """## Cold start and packages

Fresh processes with nothing on the path but the package and boto3: imports and the first invocation, against a server
that answers every call at once. `bare` imports boto3 and makes one client; `baseline` makes the clients of the
baseline's API.
"""


def write_page(results: Results) -> None:
    """Write README.md into the results' folder."""
    parts = [HEAD, *_machines(results)]
    for name, section in SECTIONS.items():
        if result := results.of(name):
            parts += section(result)
    (results.folder / "README.md").write_text("\n".join(parts).rstrip() + "\n")


def _machines(results: Results) -> list[str]:
    rows = [
        (
            name + (" (quick)" if entry["quick"] else ""),
            entry["date"],
            entry["commit"],
            f"{entry['machine']['processor']}, {entry['machine']['cores']} cores, {entry['machine']['memory GB']} GB",
            f"{entry['machine']['python']}",
            entry["machine"]["load before"],
            f"{entry['seconds']} s",
        )
        for name, entry in results.entries.items()
    ]
    return table(("benchmark", "date", "commit", "machine", "Python", "load before", "took"), rows)


def _processing(result: Result) -> list[str]:
    photo, ways = (
        result["photo"],
        {"first": "a first image", "repeated": "a repeated one", "baseline": "the baseline's"},
    )
    names = dict.fromkeys(step for way in ways for step in result[way]["steps"])
    rows = [
        (step, *(spread(result[way]["steps"][step]) if step in result[way]["steps"] else "-" for way in ways))
        for step in names
    ]
    totals = [
        (f"**{title}**", *(spread(result[way][figure]) for way in ways))
        for title, figure in {"wall without the detector": "wall without the detector", "processor time": "cpu"}.items()
    ]
    return [
        PROCESSING.format(megapixels=photo["megapixels"], kilobytes=photo["bytes"] / 1000),
        *table(("step", *ways.values()), [*rows, *totals]),
        PROCESSING_NOTE,
        *table(
            ("batches of new images", "milliseconds"),
            [(name, spread(value)) for name, value in result["batch"].items()],
        ),
        *_ratios(result),
    ]


def _pictures(result: Result) -> list[str]:
    return [PICTURES, *table(("picture", "milliseconds"), [(name, f"{value:.1f}") for name, value in result.items()])]


def _pipeline(result: Result) -> list[str]:
    cpu, memory = result["cpu milliseconds per photo"], result["memory, MB"]
    whole = sum(cpu.values())
    rows = [
        (name, f"{value:.0f}", f"{value / whole:.0%}", f"{memory[name]:.0f}" if name in memory else "-")
        for name, value in sorted(cpu.items(), key=lambda entry: -entry[1])
    ]
    return [
        PIPELINE.format(**result),
        *table(
            ("", "figure"),
            [
                ("engine alone, photos a second", spread(result["engine alone, photos per second"])),
                ("pipeline, photos a second", spread(result["pipeline, photos per second"])),
                (f"processors busy, of {result['processors']} (the whole machine)", spread(result["busy"])),
            ],
        ),
        *table(("process", "processor ms a photo", "share", "memory, MB"), rows),
        *_ratios(result),
    ]


def _api(result: Result) -> list[str]:
    levels = result["levels"]
    sizes = [f"{level['images']:,} images" for level in levels]
    names = list(levels[0]["latency"])
    latency = [
        (name, *(f"{level['latency'][name]['median']:.0f} / {level['latency'][name]['p95']:.0f}" for level in levels))
        for name in names
    ]
    reads = [
        (name, *(f"{level['reads'][name]['calls']} / {level['reads'][name]['items']:,}" for level in levels))
        for name in names
    ]
    return [
        API,
        *table(("milliseconds, p50 / p95", *sizes), latency),
        *table(("DynamoDB calls / items read", *sizes), reads),
        *_ratios(result),
    ]


def _catalog(result: Result) -> list[str]:
    sizes = [level["images"] for level in result["levels"]]
    rows = [
        (name, *(f"{by_size[str(size)]['median']:.2f}" for size in sizes))
        for name, by_size in result["milliseconds"].items()
    ]
    return [
        CATALOG.format(sizes=", ".join(f"{size:,}" for size in sizes)),
        *table(
            ("images", "bytes an image", "saved a second"),
            [
                (f"{level['images']:,}", f"{level['bytes an image']:,}", level["saved a second"])
                for level in result["levels"]
            ],
        ),
        *table(("page, milliseconds", *(f"{size:,} images" for size in sizes)), rows),
        *_ratios(result),
    ]


def _engine(result: Result) -> list[str]:
    rows = [
        (what, f"{one['value']:g} {one['unit']}", one["limit"], "yes" if one["kept"] else "**no**")
        for what, one in result["figures"].items()
    ]
    return [
        ENGINE,
        *table(("figure", "value", "limit", "kept"), rows),
    ]


def _function(result: Result) -> list[str]:
    sizes = result["sizes"]
    names = list(next(iter(sizes.values()))["measured"])
    rows = [
        (f"{name}, MB", *(f"{size['measured'][name]:.0f}" for size in sizes.values()))
        if name.startswith("peak")
        else (f"{name}, seconds", *(f"{size['measured'][name]:.3f}" for size in sizes.values()))
        for name in names
    ]
    prices = [
        (f"dollars: {name}", *(f"{size['dollars'][name]:.5f}" for size in sizes.values()))
        for name in next(iter(sizes.values()))["dollars"]
    ]
    package = result["package"]
    return [
        FUNCTION.format(photos=result["photos"], zipped=package["zipped MB"], unzipped=package["unzipped MB"]),
        *table(("an image; dollars for 1,000, and of a start", *sizes), [*rows, *prices]),
    ]


def _in_process(result: Result) -> list[str]:
    ways = result["ways"]
    parts = list(dict.fromkeys(part for way in ways.values() for part in way["memory, MB"]))
    rows: list[tuple[str, ...]] = [
        ("photos a second", *(spread(way["photos per second"]) for way in ways.values())),
        (
            "processor ms a photo",
            *(f"{sum(way['cpu milliseconds per photo'].values()):.0f}" for way in ways.values()),
        ),
        *(
            (f"memory of {part}, MB", *(f"{way['memory, MB'].get(part, 0):.0f}" for way in ways.values()))
            for part in parts
        ),
    ]
    return [IN_PROCESS.format(**result), *table(("", *ways), rows), *_ratios(result)]


def _quality(result: Result) -> list[str]:
    rows = [(name, f"{one['precision']:.3f}", f"{one['recall']:.3f}") for name, one in result.items()]
    return [
        QUALITY,
        *table(("photos", "precision", "recall"), rows),
    ]


def _start(result: Result) -> list[str]:
    rows = [(name, spread(value)) for name, value in result["milliseconds"].items()]
    sizes = [(name, f"{value:.2f} MB") for name, value in result["package megabytes on AWS"].items()]
    return [
        START,
        *table(("function", "milliseconds"), rows),
        *table(("package for AWS (boto3 comes with the runtime)", "zipped"), [*sizes, ("baseline", "0.00 MB")]),
        f"Logs, metrics and spans of an image take {result['watching one image, milliseconds']} ms, once warm.\n",
        *_ratios(result),
    ]


def _ratios(result: Result) -> list[str]:
    return table(("ratio", "median"), [(name, f"**{value:g}**") for name, value in result["ratios"].items()])


def spread(numbers: Result) -> str:
    """Write a median with its quartiles."""
    return f"{numbers['median']:,.1f} ({numbers['p25']:,.1f} to {numbers['p75']:,.1f})"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table of Markdown, and an empty line."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


SECTIONS: dict[str, Callable[[Result], list[str]]] = {
    "processing": _processing,
    "pictures": _pictures,
    "pipeline": _pipeline,
    "api": _api,
    "catalog": _catalog,
    "engine in process": _in_process,
    "engine": _engine,
    "engine in the function": _function,
    "quality": _quality,
    "start": _start,
}
