"""What a release answers for its history: every image, the counts, and searches of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.formats.world import World

Query = Mapping[str, list[str]]

_SEARCHES: tuple[dict[str, list[str]], ...] = (
    {},
    {"label": ["Dog"]},
    {"label": ["canine"]},
    {"label": ["Dog"], "order": ["confidence"]},
    {"label": ["Dog", "Animal"], "minConfidence": ["90"]},
    {"label": ["Cat", "straße"], "match": ["any"]},
    {"label": ["Tiger"]},
    {"exclude": ["Animal"]},
    {"category": ["animals and pets"], "order": ["confidence"]},
    {"category": ["Category 03"]},
    {"minConfidence": ["99"]},
    {"prefix": ["dogs/"]},
    {"prefix": ["Fotos/2024/"]},
    {"status": ["ANALYZED"]},
    {"status": ["REJECTED"]},
    {"status": ["FAILED"]},
    {"from": ["2026-01-01T00:01:00Z"], "to": ["2026-01-01T00:03:00Z"]},
)
_SEARCHES_SINCE_0_2_0: tuple[dict[str, list[str]], ...] = (
    {"text": ["stop"]},
    {"text": ["STRASSE gesperrt"]},
    {"order": ["taken"]},
    {"takenFrom": ["2023-01-01"], "takenTo": ["2025-01-01"], "order": ["taken"]},
    {"label": ["Dog"], "order": ["taken"]},
)
_OTHERS: tuple[tuple[str, dict[str, list[str]]], ...] = (
    ("/labels", {"limit": ["100"]}),
    ("/labels", {"prefix": ["thing 0"]}),
    ("/stats", {}),
)
_OTHERS_SINCE_0_2_0: tuple[tuple[str, dict[str, list[str]]], ...] = (
    ("/labels", {"order": ["count"], "limit": ["5"]}),
    ("/labels", {"category": ["Animals and Pets"]}),
    ("/categories", {}),
    ("/folders", {}),
    ("/folders", {"prefix": ["Fotos/"]}),
    ("/duplicates", {}),
    ("/trash", {}),
)
_PAGED: tuple[tuple[str, dict[str, list[str]]], ...] = (
    ("/images", {"limit": ["3"]}),
    ("/images", {"limit": ["1"], "label": ["Dog"], "order": ["confidence"]}),
    ("/labels", {"limit": ["5"]}),
)
_PAGED_SINCE_0_2_0: tuple[tuple[str, dict[str, list[str]]], ...] = (
    ("/images", {"limit": ["2"], "order": ["taken"]}),
    ("/images", {"limit": ["2"], "category": ["Animals and Pets"]}),
    ("/labels", {"limit": ["2"], "order": ["count"]}),
    ("/duplicates", {"limit": ["1"]}),
    ("/trash", {"limit": ["1"]}),
)


def expected(world: World, keys: list[str], *, has_more: bool) -> dict[str, Any]:
    """Return the answers to everything above; `has_more` for releases from 0.2.0 on."""
    searches = [*_SEARCHES, *(_SEARCHES_SINCE_0_2_0 if has_more else ())]
    others = [*_OTHERS, *(_OTHERS_SINCE_0_2_0 if has_more else ())]
    return {
        "Images": {key: _without_urls(world.answer("GET", "/images/{ImageId+}", key=key)) for key in keys},
        "Searches": [_answered(world, "/images", query) for query in searches],
        "Others": [_answered(world, path, query) for path, query in others],
    }


def tokens(world: World, *, has_more: bool) -> list[dict[str, Any]]:
    """Return first pages, their tokens, and the pages that these lead to."""
    found = []
    for path, query in [*_PAGED, *(_PAGED_SINCE_0_2_0 if has_more else ())]:
        first = _answered(world, path, query)
        if token := first["Body"].get("NextToken"):
            found.append(first | {"NextToken": token, "Next": _answered(world, path, query | {"nextToken": [token]})})
    return found


def _answered(world: World, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
    return {"Path": path, "Query": query, **_without_urls(world.answer("GET", path, query=query))}


def _without_urls(value: Any) -> Any:
    """Leave out presigned URLs: they hold the time of this minute."""
    match value:
        case dict():
            return {name: _without_urls(member) for name, member in value.items() if name != "Url"}
        case list():
            return [_without_urls(member) for member in value]
    return value
