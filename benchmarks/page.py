"""The page of the results: what was measured, how, and the tables; made from the raw results alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from benchmarks import texts
from benchmarks.results import Results
from benchmarks.summaries import Result


def write_page(results: Results) -> None:
    """Write README.md into the results' folder."""
    parts = [texts.HEAD, *_machines(results)]
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
        texts.PROCESSING.format(megapixels=photo["megapixels"], kilobytes=photo["bytes"] / 1000),
        *table(("step", *ways.values()), [*rows, *totals]),
        texts.PROCESSING_NOTE,
        *table(
            ("batches of new images", "milliseconds"),
            [(name, spread(value)) for name, value in result["batch"].items()],
        ),
        *_ratios(result),
    ]


def _pictures(result: Result) -> list[str]:
    return [
        texts.PICTURES,
        *table(("picture", "milliseconds"), [(name, f"{value:.1f}") for name, value in result.items()]),
    ]


def _pipeline(result: Result) -> list[str]:
    cpu, memory = result["cpu milliseconds per photo"], result["memory, MB"]
    whole = sum(cpu.values())
    rows = [
        (name, f"{value:.0f}", f"{value / whole:.0%}", f"{memory[name]:.0f}" if name in memory else "-")
        for name, value in sorted(cpu.items(), key=lambda entry: -entry[1])
    ]
    return [
        texts.PIPELINE.format(**result),
        *table(
            ("", "figure"),
            [
                ("engine alone, photos a second", spread(result["engine alone, photos per second"])),
                ("plain script, photos a second", spread(result["plain script, photos per second"])),
                ("pipeline, photos a second", spread(result["pipeline, photos per second"])),
                (f"processors busy, of {result['processors']} (the whole machine)", spread(result["busy"])),
            ],
        ),
        *table(("process", "processor ms a photo", "share", "memory, MB"), rows),
        *table(("mock", "DetectLabels"), list(result["mocks"].items())),
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
        texts.API,
        *table(("milliseconds, p50 / p95", *sizes), latency),
        *table(("DynamoDB calls / items read", *sizes), reads),
        *_ratios(result),
    ]


def _catalog(result: Result) -> list[str]:
    levels = result["levels"]
    sizes = [level["images"] for level in levels]
    rows = [
        (name, *(f"{by_size[str(size)]['median']:.1f} / {by_size[str(size)]['p95']:.1f}" for size in sizes))
        for name, by_size in result["milliseconds"].items()
    ]
    figures = [name for name in levels[0] if name != "images"]
    head = [f"{size:,} images" for size in sizes]
    parts = {
        "its call of the API": "call",
        "from the address to the first tiles": "first screen",
        "a jump in the timeline": "jump",
    }
    screens = [
        (name, *(f"{of[part]['median']:.0f} / {of[part]['p95']:.0f}" for of in result["gallery"].values()))
        for name, part in parts.items()
        if all(part in of for of in result["gallery"].values())  # the last run may have measured less
    ]
    screens.append(("the same, right after `up`, once", *(of["very first"] for of in result["gallery"].values())))
    return [
        texts.CATALOG.format(sizes=", ".join(f"{size:,}" for size in sizes)),
        *table(("", *head), [(name, *(f"{level[name]:,g}" for level in levels)) for name in figures]),
        *table(("page of 50, milliseconds, p50 / p95", *head), rows),
        *table(("the gallery in a browser, milliseconds, p50 / p95", *head), screens),
        *_ratios(result),
        *_disturbed(result),
    ]


def _disturbed(result: Result) -> list[str]:
    if "disturbed" not in result:  # the last run measured less
        return []
    found = result["disturbed"]
    rows = [(name, f"{found[name]['median']:.1f} / {found[name]['p95']:.1f}") for name in ("alone", "beside")]
    return [
        "Counts through the gallery, alone and beside three clients that ask for the slowest kinds without end:\n",
        *table(("counts, the largest catalog, milliseconds", "p50 / p95"), rows),
        f"p95 beside / alone: **{found['ratio']:g}**\n",
    ]


def _clients(result: Result) -> list[str]:
    rows = [
        (
            f"{count} {way}, {state}",
            one["answers a second"],
            f"{one['milliseconds']['median']:.0f} / {one['milliseconds']['p95']:.0f}",
            ", ".join(f"{number} x {status}" for status, number in one["not 200"].items()) or "none",
            one["API workers"],
        )
        for state in ("idle", "during an import")
        for way, counts in result[state].items()
        for count, one in counts.items()
    ]
    head = (
        "clients",
        "answers a second",
        "milliseconds, p50 / p95",
        "other than 200",
        "processes of the API's function",
    )
    scrolls = [
        (
            name,
            f"{one['images']:,}" + ("" if one["got there"] else " (did not get further)"),
            one["seconds"],
            f"{one['milliseconds']['median']:.0f} / {one['milliseconds']['p95']:.0f}",
            one["broken tiles"],
        )
        for name, one in result["scrolling"].items()
        if "got there" in one
    ]
    columns = ("scrolled", "images", "seconds", "a thumbnail, milliseconds, p50 / p95", "broken tiles")
    return [texts.CLIENTS.format(**result), *table(head, rows), *table(columns, scrolls), *_ratios(result)]


def _viewer(result: Result) -> list[str]:
    rows = [
        (
            name,
            f"{way['milliseconds']['median']:.0f} / {way['milliseconds']['p95']:.0f}",
            f"{way['kB to a recognisable picture']:g}",
            f"{way['kB in all']:g}",
            way["requests"],
            way["thumbnails of the grid"],
        )
        for name, way in result["ways"].items()
    ]
    columns = ("opened", "milliseconds, p50 / p95", "kB until then", "kB in all", "requests", "hidden thumbnails")
    return [texts.VIEWER.format(**result), *table(columns, rows)]


def _engine(result: Result) -> list[str]:
    rows = [
        (what, f"{one['value']:g} {one['unit']}", one["limit"], "yes" if one["kept"] else "**no**")
        for what, one in result["figures"].items()
    ]
    return [
        texts.ENGINE,
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
        texts.FUNCTION.format(photos=result["photos"], zipped=package["zipped MB"], unzipped=package["unzipped MB"]),
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
    return [texts.IN_PROCESS.format(**result), *table(("", *ways), rows), *_ratios(result)]


def _words(result: Result) -> list[str]:
    speed = result["speed"]
    shares = [
        (way, f"{share:.1%}", ", ".join(result["missed"][way][:20])) for way, share in result["share as meant"].items()
    ]
    times = [
        (text, spread(taken), taken["p95"], speed["processor"][text]["p95"])
        for text, taken in speed["milliseconds"].items()
    ]
    head = texts.WORDS.format(queries=result["queries"], threads=result["of threads"], images=speed["images"])
    ratio = (
        f"95th percentile of all texts / that of the label: {speed['p95 of the texts / of the label']} on the clock, "
        f"{speed['the same of the processor']} of the processor."
    )
    return [
        head,
        *table(("way", "answered as meant", "not answered (the first 20)"), shares),
        *table(("search", "median", "p95", "p95 of the processor"), times),
        ratio,
        "",
    ]


def _quality(result: Result) -> list[str]:
    rows = [
        (f"{way}, {name}", *(f"{one[name][figure]:.3f}" for figure in one[name]), f"{one['milliseconds']:.1f}")
        for way, one in result.items()
        if "milliseconds" in one
        for name in one
        if name != "milliseconds"
    ]
    words = [
        (word, *(f"{value:.3f}" if isinstance(value, float) else str(value) for value in figures.values()))
        for word, figures in result.get("words", {}).items()
    ]
    return [
        texts.QUALITY,
        *table(("engine and photos", "precision", "recall", "F1", "milliseconds an image"), rows),
        *(table(("word for the scene", "precision", "recall", "photos"), words) if words else ()),
    ]


def _collections(result: Result) -> list[str]:
    levels = result["levels"]
    names = [name for name in levels[0] if name not in {"faces", "SearchFaces"}]
    searches = ("SearchFaces, ms", *(spread(level["SearchFaces"]) for level in levels))
    rows = [searches, *((name, *(f"{level[name]:,g}" for level in levels)) for name in names)]
    indexing = [(name, spread(value)) for name, value in result["indexing"]["milliseconds"].items()]
    return [
        texts.COLLECTIONS,
        *table(("", *(f"{level['faces']:,} faces" for level in levels)), rows),
        *table(("one face", "milliseconds"), indexing),
        f"IndexFaces beside DetectFaces and the network, in pairs: **{result['indexing']['ratio']['median']:g}**\n",
    ]


def _people(result: Result) -> list[str]:
    sizes = [f"{level['faces']:,} faces of {level['people']:,} people" for level in result["levels"]]
    rows = [
        (name, *(f"{of[size]['median']:g} (p95 {of[size]['p95']:g})" for size in of), f"**{result['ratios'][name]:g}**")
        for name, of in result["milliseconds"].items()
    ]
    memory = [
        (name, *(f"{level[name]:,}" for level in result["levels"]), "") for name in result["levels"][0] if "MB" in name
    ]
    imported = result["import"]
    figures = [(name, f"{imported[name]:g}") for name in imported if name not in {"photos", "seconds"}]
    figures += [(f"seconds with {features}", f"{taken:g}") for features, taken in imported["seconds"].items()]
    return [
        texts.PEOPLE.format(**imported),
        *table(("a page, ms", *sizes, "ratio"), [*rows, *memory]),
        *table(("an import", "figure"), figures),
    ]


def _analyze(result: Result) -> list[str]:
    rows = [(name, f"{result[name]:g}") for name in ("command, ms", "bare loop, ms")]
    return [
        texts.ANALYZE.format(**result),
        *table(("way", "processor ms a photo"), rows),
        f"Command / bare loop: **{result['ratio']:g}**\n",
    ]


def _start(result: Result) -> list[str]:
    rows = [(name, spread(value)) for name, value in result["milliseconds"].items()]
    sizes = [(name, f"{value:.2f} MB") for name, value in result["package megabytes on AWS"].items()]
    return [
        texts.START,
        *table(("function", "milliseconds"), rows),
        *table(("package for AWS, boto3 included", "zipped"), [*sizes, ("baseline", "0.00 MB")]),
        f"Logs, metrics and spans of an image take {result['watching one image, milliseconds']} ms, once warm.\n",
        *_ratios(result),
    ]


def _stages(result: Result) -> list[str]:
    figures = {"searchable": "found by label, s", "whole": "text read, s", "cpu": "processor time, s"}
    ways = {name: way for name, way in result.items() if isinstance(way, dict) and "searchable" in way}
    rows = [(name, *(f"{way[figure]:,.1f}" for figure in figures)) for name, way in ways.items()]
    head = (f"import of {result['photos']} photos", *figures.values())
    return [texts.STAGES, *table(head, rows), *_ratios(result)]


def _ratios(result: Result) -> list[str]:
    return table(("ratio", "median"), [(name, f"**{value:g}**") for name, value in result["ratios"].items()])


def spread(numbers: Result) -> str:
    """Write a median with its quartiles."""
    return f"{numbers['median']:,.1f} ({numbers['p25']:,.1f} to {numbers['p75']:,.1f})"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Write a table of Markdown, and an empty line."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines] + [""]


def _alike(result: Result) -> list[str]:
    pairs, vectors, image = result["pairs"], result["vectors"], result["an image, ms"]
    ranks, turned = vectors["top-1"], vectors["top-1 of a file"]
    edits = [
        (
            name,
            f"{found['found']} of {found['of']}",
            str(found["farthest"]),
            f"{ranks[name]:.3f}",
            f"{turned[name]:.3f}",
        )
        for name, found in result["edits"].items()
    ]
    vector = vectors["an image, ms"]
    columns = ("edit", "found by the hash", "bits, at most", "top-1 of the vector", "of eight")
    figures = [
        *(
            (f"scan of {size} hashes, eight orientations, ms", spread(value))
            for size, value in result["scan, ms"].items()
        ),
        *((f"first comparison of {size}, s", f"{value}") for size, value in result["first comparison, s"].items()),
        *((f"a photo of two megapixels: {name}, ms", spread(image[name])) for name in image if name != "share"),
        ("share of the likeness in reading and labels", f"{image['share']:.1%}"),
        ("exact search of 100,000 vectors, ms", spread(vectors["search of 100,000, ms"])),
        ("the first one, which reads them, s", f"{vectors['first search, s']}"),
        ("memory of 100,000 vectors, MB", f"{vectors['memory, MB']}"),
        *((f"a photo's vector: {name}, ms", spread(vector[name])) for name in ("vector", "writing it")),
        ("share of the vector in the labels", f"{vector['share']:.1%}"),
    ]
    return [
        texts.ALIKE.format(**result, **{name: pairs[name] for name in ("different", "false", "closest")}),
        *table(columns, edits),
        texts.ALIKE_VECTORS.format(**vectors),
        *table(("", "figure"), figures),
    ]


SECTIONS: dict[str, Callable[[Result], list[str]]] = {
    "processing": _processing,
    "pictures": _pictures,
    "pipeline": _pipeline,
    "stages": _stages,
    "api": _api,
    "catalog": _catalog,
    "clients": _clients,
    "viewer": _viewer,
    "engine in process": _in_process,
    "collections": _collections,
    "people": _people,
    "engine": _engine,
    "analyze": _analyze,
    "engine in the function": _function,
    "words": _words,
    "quality": _quality,
    "alike": _alike,
    "start": _start,
}
