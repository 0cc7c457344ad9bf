"""`viewfinder duplicates`: images of the same content, images that look alike, and what people say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from viewfinder.cli._options import AsJson
from viewfinder.cli._printing import print_json, print_rows, say, tell
from viewfinder.cli._target import Target, on_stack

_KEPT = {"PIXELS": "most pixels", "SHARPNESS": "sharpest", "TAKEN_AT": "taken first", "NAME": "first name"}


@on_stack
def duplicates(
    target: Target,
    *,
    near: Annotated[
        bool, typer.Option("--near", help="List images that look alike as well, and propose which of them to keep.")
    ] = False,
    distinct: Annotated[
        list[str] | None,
        typer.Option("--distinct", help="SHA-256 of contents (2 to 30) that are no duplicates of one another."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="With --distinct: take the decision back.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List groups of images with the same content, by the beginning of its SHA-256; with --near also those alike.

    The decisions of --distinct are kept by content: those images are not listed together again.
    """
    if undo and not distinct:
        raise typer.BadParameter("--undo takes back a decision: name its contents with --distinct")
    if distinct:
        _decide(target, distinct, are_duplicates=undo, as_json=as_json)
        return
    groups, more = target.api.entries("/duplicates", "Groups", {"near": "true"} if near else {}, limit)
    if as_json:
        print_json({"Groups": groups})
    elif near:
        print_rows(("Group", "Content", "Image", "Bytes", "Pixels", "Keep"), _alike(groups), whole=(1, 2))
    else:
        rows = (
            (group["Sha256"][:12], image["ImageId"], str(image["Bytes"]))
            for group in groups
            for image in group["Images"]
        )
        print_rows(("Content", "Image", "Bytes"), rows, whole=(0, 1))
    if more:
        tell(f"Groups shown: {len(groups):,}. More with --limit {2 * len(groups)}.")


def _alike(groups: Iterable[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for number, group in enumerate(groups, 1):
        for image in group["Images"]:
            kept = _KEPT[group["Keep"]["Reason"]] if image["ImageId"] == group["Keep"]["ImageId"] else ""
            yield (
                f"{number} {group['Kind'].lower()}",
                image["Sha256"][:12],
                image["ImageId"],
                str(image["Bytes"]),
                f"{image['Width']} x {image['Height']}",
                kept,
            )


def _decide(target: Target, contents: list[str], *, are_duplicates: bool, as_json: bool) -> None:
    decision = {"Contents": contents, "AreDuplicates": are_duplicates}
    document = target.api.call("PATCH", "/duplicates", body=decision)
    if as_json:
        print_json(document)
    else:
        say("The decision is taken back." if are_duplicates else "They will not be listed together again.")
