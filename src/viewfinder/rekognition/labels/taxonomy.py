"""The taxonomy: which label each model class means, and what every label brings along (reads taxonomy.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class TaxonomyLabel:
    """A label as DetectLabels describes it; `parents` are all ancestors, `implies` holds as well but is no ancestor."""

    name: str
    parents: tuple[str, ...]
    aliases: tuple[str, ...]
    category: str
    implies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All labels by name, and the label of each COCO class name and ImageNet class (in order of WordNet id)."""

    labels: Mapping[str, TaxonomyLabel]
    coco: Mapping[str, str]
    imagenet: tuple[str | None, ...]


@cache
def load_taxonomy() -> Taxonomy:
    """Read the taxonomy of the package, once."""
    document = json.loads(files(__package__).joinpath("taxonomy.json").read_text(encoding="utf-8"))
    return Taxonomy(
        labels=MappingProxyType({name: _label(name, entry) for name, entry in document["labels"].items()}),
        coco=MappingProxyType(document["coco"]),
        imagenet=tuple(label for _wordnet_id, _class_name, label in document["imagenet"]),
    )


def _label(name: str, entry: Mapping[str, Any]) -> TaxonomyLabel:
    return TaxonomyLabel(
        name=name,
        parents=tuple(entry["parents"]),
        aliases=tuple(entry["aliases"]),
        category=entry["category"],
        implies=tuple(entry.get("implies", ())),
    )
