"""The search's ports in memory; tests/contract keeps them and the real ones to one behaviour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from viewfinder.domain.completion import beginnings
from viewfinder.domain.image import Image, folders_of, image_digest
from viewfinder.domain.posting import Source, SourceKind, postings_of
from viewfinder.domain.query import Entry, Order, Stretch
from viewfinder.domain.spelling import is_typo
from viewfinder.domain.statistics import KnownName, LabelCount
from viewfinder.domain.summary import Summary


@dataclass
class MemoryIndex:
    """Implements `ports.Index` over a list of images; counts what is read."""

    images: Collection[Image]
    shards: int = 1
    portion: int = 1000
    reads: list[int] = field(default_factory=list)

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Return at most `portion` entries, as DynamoDB gives at most 1 MB."""
        falling = stretch.order.is_descending
        entries = [entry for image in self.images for entry in self._entries(image, source, shard, stretch.order)]
        entries.sort(key=lambda entry: entry.position, reverse=falling)
        if stretch.after:
            entries = [
                entry
                for entry in entries
                if (entry.position < stretch.after if falling else entry.position > stretch.after)
            ]
        given = entries[: min(size, self.portion)]
        self.reads.append(len(given))
        return given, len(given) == len(entries)

    def _entries(self, image: Image, source: Source, shard: int, order: Order) -> Iterator[Entry]:
        digest = image_digest(image.image_id)
        if not (image.is_visible or image.is_in_trash) or int(digest[:8], 16) % self.shards != shard:
            return
        for confidence in _confidences(image, source):
            place = {
                Order.NEWEST: image.analyzed_at,
                Order.TAKEN: image.taken_position,
                Order.CONFIDENCE: f"{100 - confidence:011.6f}",
            }
            yield Entry(f"{place[order]}#{digest}", Summary.of(image), confidence)


def _confidences(image: Image, source: Source) -> list[float]:
    """Return the confidence of each entry that the image has in a source."""
    postings = [posting for posting in postings_of(image) if posting.source.kind is source.kind]
    return [posting.confidence for posting in postings if posting.source.name.casefold() == source.name.casefold()]


@dataclass
class MemoryStatistics:
    """Implements `ports.Statistics` over a list of images."""

    images: Collection[Image]

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Count the images."""
        labels = [label for image in self.images for label in image.corrected_labels]
        return {
            name: KnownName(
                sum(label.name.casefold() == name for label in labels),
                frozenset(label.name.casefold() for label in labels if name in folded(label.aliases)),
                next((label.name for label in labels if label.name.casefold() == name), ""),
            )
            for name in names
        }

    def known(self, sources: Collection[Source]) -> Collection[Source]:
        """Look at every posting."""
        return {source for source in sources if any(_confidences(image, source) for image in self.images)}

    def alike(self, kind: SourceKind, text: str) -> Collection[str]:
        """Look at every posting; answer what is a part, or a misspelling, and nothing else."""
        names = {
            posting.source.name
            for image in self.images
            for posting in postings_of(image)
            if posting.source.kind is kind
        }
        return {name for name in names if text in name or is_typo(text, name)}

    def sizes(self, sources: Collection[Source]) -> Mapping[Source, int]:
        """Count the images of each source."""
        return {source: sum(bool(_confidences(image, source)) for image in self.images) for source in sources}

    def labels(self, prefix: str, after: str, *, portion: int = 0) -> Iterator[LabelCount]:
        """Count the images by label."""
        labels = [label for image in self.images for label in image.corrected_labels]
        known = {label.name.casefold(): label for label in sorted(labels, key=lambda label: not label.is_bare)}
        for name in sorted(known):
            if name.startswith(prefix) and name > after:
                label, count = known[name], self.find([name])[name].count
                yield LabelCount(label.name, count, label.parents, label.categories, label.aliases)

    def completions(self, texts: Collection[str]) -> Iterator[LabelCount]:
        """Look at every word of every label."""
        for label in self.labels("", ""):
            words = [word for name in (label.name, *label.aliases) for word in beginnings(name)]
            if any(word.startswith(text) for word in words for text in texts):
                yield label

    def statuses(self) -> Mapping[str, int]:
        """Count the images by status."""
        counts: dict[str, int] = {}
        for image in self.images:
            if image.is_visible:
                counts[image.status] = counts.get(image.status, 0) + 1
        return counts

    def folders(self, prefix: str, most: int) -> Mapping[str, int]:
        """Count the images by folder."""
        visible = [image.image_id for image in self.images if image.is_visible]
        level = prefix.count("/")
        folders = [folders_of(image_id)[level] for image_id in visible if len(folders_of(image_id)) > level]
        found = sorted({folder for folder in folders if folder.startswith(prefix)})
        return {folder: folders.count(folder) for folder in found[:most]}


def folded(names: Iterable[str]) -> set[str]:
    """Return the names without regard to case."""
    return {name.casefold() for name in names}


@dataclass
class MemoryCopies:
    """Implements `ports.Copies` over a list of images."""

    catalog: Collection[Image]

    def contents(self, after: str, most: int) -> list[str]:
        """Count the images by content."""
        counts = Counter(image.sha256 for image in self.catalog if image.is_visible and image.sha256)
        return sorted(content for content, count in counts.items() if count > 1 and content > after)[:most]

    def images(self, content: str, most: int) -> list[str]:
        """Look at every image."""
        found = (image.image_id for image in self.catalog if image.is_visible and image.sha256 == content)
        return sorted(found)[:most]

    def present(self, contents: Collection[str]) -> set[str]:
        """Look at every image for each."""
        return {content for content in contents if self.images(content, 1)}
