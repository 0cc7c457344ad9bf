"""Make the table of words that lead to labels (domain/related.json), of WordNet's nouns and the lists beside.

    python -m tools.relate_words /usr/share/wordnet

The folder is that of Debian's package `wordnet-base`. A word leads to a label if the first of its senses is the label's
sense (a synonym), is narrower than it (puppy: Dog) or wider (feline: Cat, Lion): other senses are traps, for `bank` is
a piggy bank too. A narrower word leads to the nearest label. Labels of ImageNet's classes have the sense of the class;
`related/senses.json` has the senses of others, looked at by eye, where the first is not meant ("": none is).
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
LISTS = Path(__file__).with_name("related")
TAXONOMY = PROJECT / "src/viewfinder/rekognition/labels/taxonomy.json"
TABLE = PROJECT / "src/viewfinder/domain/related.json"

MOST_NARROWER = 30
"""Labels that a wider word leads to, minimum 2: `artifact` leads to none, `stocking` not to Christmas Stocking."""

BROAD = frozenset({
    *("Plant", "Tree", "Animal", "Medication", "Fish", "Bird", "Flower", "Insect", "Grass", "Fungus", "Orchid"),
    *("Rodent", "Agaric", "Snake", "Frog", "Dinosaur", "Whale", "Shark", "Finch", "Duck", "Squirrel", "Lizard"),
    *("Salamander", "Antelope", "Fruit", "Bread", "Cake", "Alcohol", "Food", "Dish", "Building", "Clothing", "Tool"),
    *("Vegetable", "Beverage", "Produce", "Soup", "Dessert", "Liquor", "Wine", "Horse", "Musical Instrument", "Weapon"),
})  # fmt: skip
"""Labels with hundreds of species or kinds below them: only words that WordNet's texts use lead there."""

FILES = {"04", "05", "06", "11", "13", "17", "20"}
"""WordNet's files of acts, animals, artifacts, events, foods, objects and plants (lexnames(5WN))."""

THINGS = FILES - {"04", "11"}
"""What a wider word may be: of acts and events it is an abstraction."""


@dataclass(frozen=True, slots=True)
class Synset:
    """A sense: its words, its file, the wider senses, and its explanation."""

    words: tuple[str, ...]
    file: str
    wider: tuple[str, ...]
    gloss: str


@dataclass(frozen=True, slots=True)
class WordNet:
    """The nouns: senses by offset, the offsets of a word's senses, the most frequent first, and words seen in texts."""

    synsets: Mapping[str, Synset]
    senses: Mapping[str, tuple[str, ...]]
    seen: frozenset[str]

    @classmethod
    def read(cls, folder: Path) -> WordNet:
        """Read data.noun and index.noun (wndb(5WN))."""
        synsets = dict(map(_synset, _lines(folder / "data.noun")))
        senses, seen = {}, set()
        for parts in map(str.split, _lines(folder / "index.noun")):
            number = int(parts[2])
            senses[parts[0]] = tuple(parts[-number:])
            seen |= {parts[0]} if int(parts[-number - 1]) else set()
        return cls(synsets, senses, frozenset(seen))

    def above(self, offset: str) -> Iterator[list[str]]:
        """Yield the wider senses of a sense, the nearest first, a level at a time."""
        level, seen = [offset], {offset}
        while level := [wider for each in level for wider in self.synsets[each].wider if wider not in seen]:
            seen.update(level)
            yield level


def main() -> None:
    """Write the table."""
    wordnet = WordNet.read(Path(sys.argv[1]))
    taxonomy = json.loads(TAXONOMY.read_text())
    words = table(wordnet, taxonomy)
    document = {
        "categories": json.dumps(taxonomy["categories"]),
        "nothing": json.dumps(sorted(_listed("nothing.txt"))),
        "words": packed(words),
    }
    members = ",\n".join(f'"{name}": {value}' for name, value in document.items())
    TABLE.write_text(f"{{\n{members}\n}}\n")
    print(f"{len(words):,} words, {TABLE.stat().st_size:,} bytes")


def packed(words: Mapping[str, list[str]]) -> str:
    """Return a JSON object with a line for each set of labels and the words that lead to it, for a reader's eye."""
    by_labels: dict[str, list[str]] = defaultdict(list)
    for word, labels in sorted(words.items()):
        by_labels[", ".join(labels)].append(word)
    lines = [f"{json.dumps(labels)}: {json.dumps(', '.join(several))}" for labels, several in sorted(by_labels.items())]
    return "{\n" + ",\n".join(lines) + "\n}"


def table(wordnet: WordNet, taxonomy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the labels that each word leads to; what is itself a name of a label leads to no other."""
    meant = label_senses(wordnet, taxonomy)
    by_sense: dict[str, set[str]] = defaultdict(set)
    for label, senses in meant.items():
        for sense in senses:
            by_sense[sense].add(label)
    found = _narrower(wordnet, by_sense) | _wider(wordnet, by_sense) | _synonyms(wordnet, by_sense)
    found |= everyday()
    names = {name.casefold() for label, entry in taxonomy["labels"].items() for name in (label, *entry["aliases"])}
    kept = everyday()
    nothing = _listed("nothing.txt") | (_listed("traps.txt") - kept.keys())
    return {
        word: sorted(labels)
        for word, labels in found.items()
        if (word not in names or word in kept) and word not in nothing and labels <= taxonomy["labels"].keys()
    }


def label_senses(wordnet: WordNet, taxonomy: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the senses of each label."""
    chosen = json.loads((LISTS / "senses.json").read_text())
    classes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for wordnet_id, name, label in taxonomy["imagenet"]:
        if label:
            classes[label].append((wordnet_id[1:], name))
    found = {}
    for label in taxonomy["labels"]:
        word = label.casefold().replace(" ", "_")
        named = [
            offset
            for offset, name in classes[label]
            if word in wordnet.synsets[offset].words or name.casefold() == label.casefold()
        ]
        if label in chosen:
            found[label] = [_chosen(wordnet, chosen[label])] if chosen[label] else []
        elif named:
            found[label] = named
        elif word in wordnet.senses:
            found[label] = [wordnet.senses[word][0]]
        elif len(classes[label]) == 1:
            found[label] = [classes[label][0][0]]
    return found


def _chosen(wordnet: WordNet, text: str) -> str:
    """Return the sense of `word: beginning of its explanation`."""
    word, _, gloss = text.partition(":")
    senses = [each for each in wordnet.senses.get(word, ()) if wordnet.synsets[each].gloss.startswith(gloss.strip())]
    if not senses:
        raise SystemExit(
            f"no sense of {text!r}: {[wordnet.synsets[each].gloss[:60] for each in wordnet.senses.get(word, ())]}"
        )
    return senses[0]


def _first_of(wordnet: WordNet, offset: str) -> Iterator[str]:
    """Yield the words of a sense that mean it before all else."""
    for word in wordnet.synsets[offset].words:
        plain = word.replace("_", " ")
        if wordnet.senses.get(word, ("",))[0] == offset and plain.replace(" ", "").replace("-", "").isalpha():
            yield plain


def _synonyms(wordnet: WordNet, by_sense: Mapping[str, set[str]]) -> dict[str, set[str]]:
    return {word: labels for sense, labels in by_sense.items() for word in _first_of(wordnet, sense)}


def _narrower(wordnet: WordNet, by_sense: Mapping[str, set[str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for offset, synset in wordnet.synsets.items():
        if synset.file not in FILES or offset in by_sense or not synset.wider:
            continue
        for level in wordnet.above(offset):
            labels = {label for wider in level for label in by_sense.get(wider, ())}
            if labels:
                words = (word for word in _first_of(wordnet, offset) if _is_common(word, wordnet) or not labels & BROAD)
                found |= dict.fromkeys(words, labels)
                break
    return found


def _is_common(word: str, wordnet: WordNet) -> bool:
    return word.replace(" ", "_") in wordnet.seen


def _wider(wordnet: WordNet, by_sense: Mapping[str, set[str]]) -> dict[str, set[str]]:
    below: dict[str, set[str]] = defaultdict(set)
    for sense, labels in by_sense.items():
        for level in wordnet.above(sense):
            for wider in level:
                below[wider] |= labels
    return {
        word: labels
        for offset, labels in below.items()
        if offset not in by_sense and 2 <= len(labels) <= MOST_NARROWER and wordnet.synsets[offset].file in THINGS
        for word in _first_of(wordnet, offset)
    }


def everyday() -> dict[str, set[str]]:
    """Read the words by hand."""
    found: dict[str, set[str]] = {}
    for line in (LISTS / "everyday.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            words, labels = (part.split(",") for part in line.split("="))
            found |= {word.strip(): {label.strip() for label in labels} for word in words}
    return found


def _listed(name: str) -> set[str]:
    lines = (LISTS / name).read_text().splitlines()
    return {word.strip() for line in lines if not line.startswith("#") for word in line.split(",")} - {""}


def _lines(file: Path) -> Iterator[str]:
    return (line for line in file.read_text().splitlines() if not line.startswith("  "))


def _synset(line: str) -> tuple[str, Synset]:
    head, _, gloss = line.partition(" | ")
    parts = head.split()
    number = int(parts[3], 16)
    words = tuple(parts[4 + 2 * place].casefold() for place in range(number))
    pointers = parts[5 + 2 * number :]
    wider = tuple(
        pointers[4 * place + 1]
        for place in range(int(parts[4 + 2 * number]))
        if pointers[4 * place] == "@" and pointers[4 * place + 2] == "n"
    )
    return parts[0], Synset(words, parts[1], wider, gloss.strip())


if __name__ == "__main__":
    main()
