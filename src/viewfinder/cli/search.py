"""`viewfinder search` and `labels`: find images, and list labels, categories and folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

import typer

from viewfinder.cli._api import LARGEST_PAGE, Api
from viewfinder.cli._options import AsJson, specific_first
from viewfinder.cli._printing import print_json, print_rows, tell
from viewfinder.cli._similar import show_similar, similar_images
from viewfinder.cli._target import Target, complete_label, on_stack
from viewfinder.domain.image import VISIBLE_STATUSES
from viewfinder.domain.query import Match, Order
from viewfinder.domain.statistics import LabelOrder

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")]
VisibleStatus = StrEnum("VisibleStatus", {str(status): str(status) for status in VISIBLE_STATUSES})  # type: ignore[misc]

_LABELS_SHOWN = 5
_LABELS_COMPARED = 1000


@on_stack
def search(
    target: Target,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="What you remember: labels, words in the picture, folder, file, camera, date; all must hold."
            ' In quotes: "dog -boat june 2019", "text:invoice".',
            autocompletion=complete_label,
        ),
    ] = None,
    *,
    match_any: Annotated[
        bool, typer.Option("--any", help="Find images with any of the words, each of which is a label.")
    ] = False,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", help="Label that the image must not have.", autocompletion=complete_label),
    ] = None,
    category: Annotated[str | None, typer.Option(help="Category of one of the image's labels.")] = None,
    min_confidence: Annotated[float | None, typer.Option(min=0, max=100, help="Minimum confidence in percent.")] = None,
    prefix: Annotated[str | None, typer.Option(help="Prefix of the image's key.")] = None,
    status: Annotated[VisibleStatus | None, typer.Option(help="Status of the image.", case_sensitive=False)] = None,
    since: Annotated[str | None, typer.Option("--from", help="Analysed at or after this time or date.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Analysed before this time or date.")] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Words that the image must contain (all of them).")
    ] = None,
    taken_since: Annotated[
        str | None, typer.Option("--taken-from", help="Taken at or after this local time or date.")
    ] = None,
    taken_until: Annotated[str | None, typer.Option("--taken-to", help="Taken before this local time or date.")] = None,
    moderated: Annotated[
        bool | None,
        typer.Option("--moderated/--not-moderated", help="Whether moderation found a label in the image."),
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", help="Name or PersonId of a person on the image (all of them).")
    ] = None,
    exclude_person: Annotated[
        list[str] | None, typer.Option("--exclude-person", help="Person that must not be on the image.")
    ] = None,
    camera: Annotated[str | None, typer.Option(help="Words of the camera's maker or model (all of them).")] = None,
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="FILE_OR_KEY",
            help="List the images most similar to a file, which is not uploaded, or an image.",
        ),
    ] = None,
    describe: Annotated[
        str | None,
        typer.Option(
            "--describe",
            metavar="TEXT",
            help='Rank the images by a description, as "a dog on a beach"; the other filters hold (docs/similar.md).',
        ),
    ] = None,
    order: Annotated[Order, typer.Option(help="Order of the results.")] = Order.NEWEST,
    limit: Limit = 50,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only the images; exit with 1 if there are none.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find images by what you remember, newest first; without words, list all. Exit with 0 if none is found, too."""
    named = (words or []) if match_any else []
    query = {
        "q": None if match_any else " ".join(words or []),
        "label": named,
        "match": Match.ANY.value if match_any else None,
        "exclude": exclude,
        "category": category,
        "minConfidence": min_confidence,
        "prefix": prefix,
        "status": status.value if status else None,
        "from": since,
        "to": until,
        "text": text,
        "person": person,
        "excludePerson": exclude_person,
        "takenFrom": taken_since,
        "takenTo": taken_until,
        "camera": camera,
        "moderated": None if moderated is None else str(moderated).lower(),
    }
    api = target.api
    if like is not None and (describe is not None or any(query.values())):
        raise typer.BadParameter("--like ranks all images: leave out words and filters")
    if like is not None or describe is not None:
        if like is not None:
            images = similar_images(target, like, limit)
        else:
            ranked = {**query, "like": describe, "order": None if order is Order.NEWEST else order.value}
            images = api.call("GET", "/images", {**ranked, "limit": min(limit, LARGEST_PAGE)})["Images"]
        print_json({"Images": images}) if as_json else show_similar(images)
        raise typer.Exit(1 if quiet and not images else 0)
    read: list[dict[str, Any]] = []
    images, more = api.entries(
        *("/images", "Images", {**query, "order": order.value}, limit),
        on_page=lambda page: read.extend(page.get("Interpretation", ()) if not read else ()),
    )
    labels = [*named, *_labels_of(read)]
    if as_json:
        print_json({"Images": images} | ({"Interpretation": read} if read else {}))
    else:
        _show(images, labels)
        _tell_readings([] if quiet else read)
    if quiet:
        raise typer.Exit(0 if images else 1)
    if more:
        tell(_how_to_get_more(api, query, read, len(images)))
    elif not images and not _unread(read):
        tell(_why_nothing(api, [*named, *(exclude or [])]))
    elif not images and len(_unread(read)) < len(read):
        tell("No images.")


def _labels_of(read: list[dict[str, Any]]) -> list[str]:
    """Return the labels that words were read as."""
    named = (entry for entry in read if entry["ReadAs"] == "LABEL" and not entry["Excluded"])
    return [name for entry in named for name in entry.get("RelatedTo", [entry["Name"]])]


def _tell_readings(read: list[dict[str, Any]]) -> None:
    """Tell how each word was read, unless all are names of labels; and what nothing is known by."""
    if any((entry["ReadAs"], entry.get("Fit")) != ("LABEL", "EXACT") for entry in read if entry not in _unread(read)):
        tell("Read as: " + "; ".join(_told(entry) for entry in read if entry not in _unread(read)))
    for entry in _unread(read):
        meant = " Did you mean {}?".format(" or ".join(entry["Suggestions"])) if "Suggestions" in entry else ""
        tell(f"Nothing is known by {entry['Typed']}.{meant}")


def _unread(read: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in read if entry["ReadAs"] == "NOTHING"]


def _told(entry: Mapping[str, Any]) -> str:
    others = [other["Query"] for other in entry.get("Alternatives", ())]
    without = "without " if entry["Excluded"] else ""
    return f"{without}{entry['ReadAs'].lower()} {entry['Name']}" + (f" (or {', '.join(others)})" if others else "")


def _how_to_get_more(api: Api, query: Mapping[str, Any], read: list[dict[str, Any]], shown: int) -> str:
    given = {name: value for name, value in query.items() if value}
    is_label = len(read) == 1 and not read[0]["Excluded"] and len(_labels_of(read)) == 1
    total = _total(api, given | {"label": _labels_of(read)} if is_label else given)
    if total is None or total <= shown:
        return f"Images shown: {shown:,}. More with --limit {2 * shown}."
    return f"{shown:,} of {total:,} images; all with --limit {total}."


def _total(api: Api, query: Mapping[str, Any]) -> int | None:
    """Return the total number of images of a search without filters for at most one label, else None."""
    if not query:
        return int(api.call("GET", "/stats")["Images"]["Total"])
    if query.keys() - {"q"} != {"label"} or len(query["label"]) != 1:
        return None
    name = query["label"][0].casefold()
    found = api.call("GET", "/labels", {"prefix": name})["Labels"]
    return next((label["Count"] for label in found if label["Name"].casefold() == name), None)


def _why_nothing(api: Api, asked: list[str]) -> str:
    """Name the labels that no image has, and suggest similar names."""
    found, _ = api.entries("/labels", "Labels", {}, _LABELS_COMPARED)
    names = {
        name.casefold(): name
        for label in found
        for name in (label["Name"], *(alias["Name"] for alias in label["Aliases"]))
    }
    lines = []
    for label in asked:
        if label.casefold() not in names:
            close = get_close_matches(label.casefold(), names, n=1)
            lines.append(f"No image has {label}." + (f" Did you mean {names[close[0]]}?" if close else ""))
    return " ".join(lines) or "No images."


def _show(images: Iterable[dict[str, Any]], asked: list[str]) -> None:
    rows = ((image["ImageId"], image["AnalyzedAt"][:19].replace("T", " "), _labels(image, asked)) for image in images)
    print_rows(("Image", "Analysed", "Labels"), rows)


def _labels(image: dict[str, Any], asked: list[str]) -> str:
    """Return the labels that were asked for, then the most specific ones; or why there are none."""
    wanted = {label.casefold() for label in asked}
    ordered = sorted(specific_first(image["Labels"]), key=lambda label: label["Name"].casefold() not in wanted)
    shown = [f"{label['Name']} {label['Confidence']:.0f}" for label in ordered[: max(_LABELS_SHOWN, len(wanted))]]
    more = len(ordered) - len(shown)
    return (
        ", ".join(shown) + (f" and {more} more" if more > 0 else "") or f"{image['Status']} {image.get('Reason', '')}"
    )


@on_stack
def labels(
    target: Target,
    prefix: Annotated[
        str | None,
        typer.Argument(
            help="Name, alias or plural of a label, or the beginning of a word in it.", autocompletion=complete_label
        ),
    ] = None,
    *,
    category: Annotated[str | None, typer.Option(help="Category of the labels.")] = None,
    by_count: Annotated[bool, typer.Option("--by-count", help="Sort by number of images, highest first.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List the labels in use, alphabetically; with a name, list the labels that match it, best match first."""
    query = {"prefix": prefix, "category": category, "order": LabelOrder.COUNT.value if by_count else None}
    found, more = target.api.entries("/labels", "Labels", query, limit)
    if as_json:
        print_json({"Labels": found})
    else:
        rows = (
            (
                label["Name"],
                str(label["Count"]),
                *(
                    ", ".join(entry["Name"] for entry in label[member])
                    for member in ("Parents", "Categories", "Aliases")
                ),
            )
            for label in found
        )
        print_rows(("Label", "Images", "Parents", "Categories", "Aliases"), rows)
    if more:
        tell(f"Labels shown: {len(found):,}. More with --limit {2 * len(found)}.")


@on_stack
def categories(target: Target, *, as_json: AsJson = False) -> None:
    """List the categories of the labels in use. The number of images is a lower bound."""
    document = target.api.call("GET", "/categories")
    if as_json:
        print_json(document)
        return
    rows = ((entry["Name"], str(entry["Count"]), str(entry["Labels"])) for entry in document["Categories"])
    print_rows(("Category", "Images", "Labels"), rows)


@on_stack
def folders(
    target: Target,
    prefix: Annotated[
        str | None, typer.Argument(help="Folder (ending in a slash), or the beginning of folder names.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List up to 200 folders of one level of the images' keys."""
    document = target.api.call("GET", "/folders", {"prefix": prefix})
    if as_json:
        print_json(document)
        return
    print_rows(("Folder", "Images"), ((entry["Prefix"], str(entry["Count"])) for entry in document["Folders"]))
