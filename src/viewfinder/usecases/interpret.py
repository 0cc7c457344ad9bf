"""Read the text of the search box: ask the catalog which labels, words, folders and so on it has, and choose.

The cost depends on the number of words, not of images: exact names in a few requests for all words together; parts of
words and typing errors only of a word that is no name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from viewfinder.domain.completion import forms
from viewfinder.domain.dates import When, find_date, read_date
from viewfinder.domain.interpretation import Fit, Interpretation, Reading, one_of
from viewfinder.domain.label import MAX_WORD_LENGTH, label_key, search_words
from viewfinder.domain.places import file_stem
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Condition
from viewfinder.domain.related import category_named, related_labels, says_nothing
from viewfinder.domain.search_text import ReadAs, Term, read_terms, written
from viewfinder.domain.spelling import SHORTEST_PART, SHORTEST_WITH_TYPO, composed, is_typo, plain, tokens
from viewfinder.domain.statistics import KnownName
from viewfinder.ports import People, Statistics
from viewfinder.usecases.label_names import LabelNames

_LONGEST_NAME = 4
"""Words of a name that may stand without quotation marks."""

_LONGEST_LABEL = 100
"""Characters: a label has no more (REST API), and a key of DynamoDB has room for no more than 1,024 bytes."""

_MOST_ALTERNATIVES = 5
_MOST_LIKE = 20
_MOST_SUGGESTIONS = 3


@dataclass(frozen=True)
class _Phrase:
    """Some terms that are read as one."""

    terms: tuple[Term, ...]

    @cached_property
    def text(self) -> str:
        return composed(" ".join(term.text for term in self.terms))

    @cached_property
    def folded(self) -> str:
        return label_key(self.text)

    @property
    def is_excluded(self) -> bool:
        return self.terms[0].is_excluded

    def allows(self, kind: ReadAs) -> bool:
        return self.terms[0].kind in (None, kind)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalog knows of the phrases: labels and ids of people by folded name, and sources that have images."""

    labels: Mapping[str, KnownName]
    sources: Collection[Source]
    people: Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class _Dated:
    """Terms that write a date."""

    when: When
    terms: tuple[Term, ...]

    @property
    def phrase(self) -> _Phrase | None:
        """A date of one word, which may be something else as well."""
        return _Phrase(self.terms) if len(self.terms) == 1 and self.terms[0].is_plain else None


def interpret(
    text: str, statistics: Statistics, now: str, people: People | None = None, names: LabelNames | None = None
) -> list[Interpretation]:
    """Return how each word of a text is read; `now` (ISO 8601) is the time that `last year` is before.

    Without `people`, nobody is known by name. `names` serves many texts; without it, it is read for this one.
    """
    names = names or LabelNames(statistics)
    parts = _telling(list(_parts(read_terms(text), date.fromisoformat(now[:10]))))
    known = _known([phrase for part in parts for phrase in _phrases(part)], statistics, people)
    found: list[Interpretation] = []
    for part in parts:
        found += [_of_date(part, known)] if isinstance(part, _Dated) else _read(part, known, statistics, names)
    return found


def _telling(parts: list[_Dated | list[Term]]) -> list[_Dated | list[Term]]:
    """Leave out the words that say nothing, where others say something."""
    told = [part if isinstance(part, _Dated) else [term for term in part if not term.is_filler] for part in parts]
    return [part for part in told if part] or parts


def _parts(terms: Sequence[Term], today: date) -> Iterator[_Dated | list[Term]]:
    """Yield the dates, and between them the terms that are none."""
    run: list[Term] = []
    place = 0
    while place < len(terms):
        dated = _dated(terms[place:], today)
        if dated is None:
            run.append(terms[place])
            place += 1
            continue
        if run:
            yield run
            run = []
        when, number = dated
        yield _Dated(when, tuple(terms[place : place + number]))
        place += number
    if run:
        yield run


def _dated(terms: Sequence[Term], today: date) -> tuple[When, int] | None:
    first = terms[0]
    if first.kind is ReadAs.DATE:
        when = read_date(first.text.casefold().split(), today)
        return (when, 1) if when else None
    words: list[str] = []
    for term in terms:
        if not term.is_plain or (words and term.is_excluded):
            break
        words.append(term.text)
    return find_date(words, today) if words else None


def _of_date(dated: _Dated, known: _Known) -> Interpretation:
    when, is_excluded = dated.when, dated.terms[0].is_excluded
    kinds = (SourceKind.MONTH, when.month), (SourceKind.DAY, when.day)
    conditions = tuple(one_of(kind, value) for kind, value in kinds if value)
    term = written(ReadAs.DATE, " ".join(term.text for term in dated.terms), is_excluded=is_excluded)
    reading = Reading(ReadAs.DATE, Fit.EXACT, when.name, term, conditions, when)
    others = sorted(_readings(dated.phrase, known), key=lambda other: other.rank) if dated.phrase else []
    typed = " ".join(term.written for term in dated.terms)
    return Interpretation(typed, reading, is_excluded, tuple(others[:_MOST_ALTERNATIVES]))


def _phrases(part: _Dated | list[Term]) -> Iterator[_Phrase]:
    """Yield each term, and each run of plain terms that may be one name."""
    if isinstance(part, _Dated):
        yield from (part.phrase,) if part.phrase else ()
        return
    terms = part
    for place, term in enumerate(terms):
        yield _Phrase((term,))
        for number in range(2, _LONGEST_NAME + 1):
            if phrase := _run(terms, place, number):
                yield phrase


def _run(terms: Sequence[Term], place: int, number: int) -> _Phrase | None:
    run = tuple(terms[place : place + number])
    is_one = len(run) == number and all(term.is_plain for term in run) and not any(t.is_excluded for t in run[1:])
    return _Phrase(run) if is_one else None


def _known(phrases: Sequence[_Phrase], statistics: Statistics, people: People | None) -> _Known:
    named = [phrase.folded for phrase in phrases if phrase.allows(ReadAs.LABEL)]
    names = {form for name in named if len(name) <= _LONGEST_LABEL for form in forms(name)}
    names |= {label_key(label) for phrase in phrases for label in _related(phrase)}
    sources = {source for phrase in phrases for source in _sources(phrase)}
    labels = dict(statistics.find(names)) if names else {}
    meant = {label for entry in labels.values() for label in entry.alias_of} - labels.keys()
    labels |= statistics.find(meant) if meant else {}
    called = {phrase.folded for phrase in phrases if phrase.allows(ReadAs.PERSON)}
    return _Known(
        labels,
        statistics.known(sources) if sources else (),
        people.named(called) if people and called else {},
    )


def _related(phrase: _Phrase) -> tuple[str, ...]:
    if not phrase.allows(ReadAs.LABEL):
        return ()
    return tuple(dict.fromkeys(label for form in sorted(forms(phrase.folded)) for label in related_labels(form)))


def _sources(phrase: _Phrase) -> Iterator[Source]:
    """Yield the sources that a phrase may name, labels aside."""
    if phrase.allows(ReadAs.CATEGORY) and (category := category_named(phrase.folded)):
        yield Source(SourceKind.CATEGORY, category.casefold())
    if len(phrase.terms) == 1:
        for kind, words in _WORDS.items():
            for word in words(phrase.text):
                yield from (Source(kind, form) for form in _forms(kind, word) if form)


_WORDS: Mapping[SourceKind, Callable[[str], tuple[str, ...]]] = {
    SourceKind.WORD: lambda text: search_words([text]),
    SourceKind.FOLDER: lambda text: tuple(token[:MAX_WORD_LENGTH] for token in tokens(text)),
    SourceKind.FILE: lambda text: (file_stem(text), *tokens(file_stem(text))),
    SourceKind.CAMERA: lambda text: search_words([text]),
}
"""The words that a phrase has in the sources of a kind."""


def _forms(kind: SourceKind, word: str) -> set[str]:
    """Return the spellings that may be indexed: words in pictures also without accents, and in the singular."""
    return {word, plain(word), *forms(plain(word))} if kind is SourceKind.WORD else {word}


def _read(terms: Sequence[Term], known: _Known, statistics: Statistics, names: LabelNames) -> list[Interpretation]:
    """Read terms from the left: the longest name, else one word."""
    found = []
    place = 0
    while place < len(terms):
        phrase = _longest(terms, place, known)
        found.append(_interpretation(phrase, known, statistics, names))
        place += len(phrase.terms)
    return found


def _longest(terms: Sequence[Term], place: int, known: _Known) -> _Phrase:
    for number in range(_LONGEST_NAME, 1, -1):
        phrase = _run(terms, place, number)
        if phrase and (any(_of_labels(phrase, known)) or any(_of_people(phrase, known)) or _is_camera(phrase, known)):
            return phrase
    return _Phrase((terms[place],))


def _is_camera(phrase: _Phrase, known: _Known) -> bool:
    """Return whether several words are a camera's: `iphone 13 pro`, where 13 alone may be a file's."""
    words = search_words([phrase.text])
    if not all(Source(SourceKind.CAMERA, word) in known.sources for word in words):
        return False
    first = sorted(_readings(_Phrase(phrase.terms[:1]), known), key=lambda reading: reading.rank)
    return bool(first) and first[0].kind is ReadAs.CAMERA


def _interpretation(phrase: _Phrase, known: _Known, statistics: Statistics, names: LabelNames) -> Interpretation:
    typed = " ".join(term.written for term in phrase.terms)
    readings = sorted(_readings(phrase, known), key=lambda reading: reading.rank)
    is_nothing = says_nothing(phrase.folded)
    if not readings and not is_nothing:
        readings = sorted(_like(phrase, statistics, names), key=lambda reading: reading.rank)
    if readings:
        others = tuple(readings[1 : _MOST_ALTERNATIVES + 1])
        return Interpretation(typed, readings[0], phrase.is_excluded, others)
    suggestions = () if is_nothing else tuple(names.nearest(phrase.folded, _MOST_SUGGESTIONS))
    return Interpretation(typed, None, phrase.is_excluded, suggestions=suggestions)


def _readings(phrase: _Phrase, known: _Known) -> Iterator[Reading]:
    yield from _of_labels(phrase, known)
    yield from _of_people(phrase, known)
    yield from _of_words(phrase, known)


def _of_labels(phrase: _Phrase, known: _Known) -> Iterator[Reading]:
    """Yield the label that a phrase names, else those that it is related to; and the category."""
    if phrase.allows(ReadAs.LABEL) and (label := _named(phrase, known) or _led_to(phrase, known)):
        yield label
    if phrase.allows(ReadAs.CATEGORY) and (category := category_named(phrase.folded)):
        condition = one_of(SourceKind.CATEGORY, category.casefold())
        if condition.sources <= set(known.sources):
            yield _reading(phrase, ReadAs.CATEGORY, Fit.EXACT, (condition,), category)


def _of_people(phrase: _Phrase, known: _Known) -> Iterator[Reading]:
    """Yield the people of this name."""
    if phrase.allows(ReadAs.PERSON) and (ids := known.people.get(phrase.folded)):
        yield _reading(phrase, ReadAs.PERSON, Fit.EXACT, (one_of(SourceKind.PERSON, *ids),), phrase.text)


def _named(phrase: _Phrase, known: _Known) -> Reading | None:
    """Return the label of this name, of which it is an alias, or of which it is the plural."""
    plurals = sorted(forms(phrase.folded) - {phrase.folded})
    for name in (phrase.folded, *plurals):
        entry = known.labels.get(name, KnownName())
        labels = ({name} if entry.count else set()) | entry.alias_of
        fit = Fit.PLURAL if name in plurals else Fit.EXACT if entry.count else Fit.ALIAS
        if labels:
            shown = entry.name or next((known.labels[each].name for each in sorted(labels) if each in known.labels), "")
            return _reading(phrase, ReadAs.LABEL, fit, (one_of(SourceKind.LABEL, *labels),), shown or sorted(labels)[0])
    return None


def _led_to(phrase: _Phrase, known: _Known) -> Reading | None:
    """Return the related labels that images have."""
    entries = {label: known.labels.get(label_key(label), KnownName()) for label in _related(phrase)}
    names = [label for label, entry in entries.items() if entry.count]
    if not names:
        return None
    condition = one_of(SourceKind.LABEL, *map(label_key, names))
    return _reading(phrase, ReadAs.LABEL, Fit.RELATED, (condition,), tuple(names))


_READ_AS = {
    SourceKind.WORD: ReadAs.TEXT,
    SourceKind.FOLDER: ReadAs.FOLDER,
    SourceKind.FILE: ReadAs.FILE,
    SourceKind.CAMERA: ReadAs.CAMERA,
}


def _of_words(phrase: _Phrase, known: _Known) -> Iterator[Reading]:
    """Yield what has all words of the phrase, each in one of its forms."""
    kinds = _READ_AS if len(phrase.terms) == 1 else {SourceKind.CAMERA: ReadAs.CAMERA}
    for kind, read_as in kinds.items():
        if phrase.allows(read_as) and (reading := _of_kind(phrase, kind, read_as, known)):
            yield reading


def _of_kind(phrase: _Phrase, kind: SourceKind, read_as: ReadAs, known: _Known) -> Reading | None:
    for words in _wordings(kind, phrase.text):
        exact = tuple(_condition(kind, {word, plain(word)}, known) for word in words)
        if words and all(condition.sources for condition in exact):
            return _reading(phrase, read_as, Fit.EXACT, exact, phrase.text)
        singular = tuple(_condition(kind, _forms(kind, word), known) for word in words)
        if words and all(condition.sources for condition in singular):
            name = " ".join(min(source.name for source in condition.sources) for condition in singular)
            return _reading(phrase, read_as, Fit.PLURAL, singular, name)
    return None


def _wordings(kind: SourceKind, text: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways in which a text may be indexed; of a file's name as a whole, else word by word."""
    if kind is SourceKind.FILE:
        return (file_stem(text),), tuple(tokens(file_stem(text)))
    return (_WORDS[kind](text),)


def _condition(kind: SourceKind, names: Iterable[str], known: _Known) -> Condition:
    return one_of(kind, *(name for name in names if Source(kind, name) in known.sources))


def _like(phrase: _Phrase, statistics: Statistics, names: LabelNames) -> Iterator[Reading]:
    """Yield what has a word of pictures with this part, or a name with one letter wrong."""
    word = plain(phrase.text)
    is_word = list(tokens(word)) == [word] and SHORTEST_PART <= len(word) <= MAX_WORD_LENGTH
    if len(phrase.terms) > 1 or not is_word or phrase.terms[0].is_quoted:
        return
    if phrase.allows(ReadAs.LABEL) and (label := _typed_wrongly(phrase, names)):
        yield label
    if phrase.allows(ReadAs.TEXT):
        alike = sorted(statistics.alike(SourceKind.WORD, word), key=lambda name: (len(name), name))
        parts = [name for name in alike if word in plain(name)]
        typos = [name for name in alike if is_typo(word, plain(name))]
        if found := tuple(parts or typos)[:_MOST_LIKE]:
            fit = Fit.PART if parts else Fit.TYPO
            yield _reading(phrase, ReadAs.TEXT, fit, (one_of(SourceKind.WORD, *found),), found)


def _typed_wrongly(phrase: _Phrase, names: LabelNames) -> Reading | None:
    if len(phrase.folded) < SHORTEST_WITH_TYPO or not (label := names.misspelt(forms(phrase.folded))):
        return None
    condition = one_of(SourceKind.LABEL, label_key(label))
    return _reading(phrase, ReadAs.LABEL, Fit.TYPO, (condition,), (label,))


def _reading(
    phrase: _Phrase,
    kind: ReadAs,
    fit: Fit,
    conditions: tuple[Condition, ...],
    name: str | tuple[str, ...],
) -> Reading:
    """Return a reading by its name, or by the several names that it leads to."""
    term = written(kind, phrase.text, is_excluded=phrase.is_excluded)
    if isinstance(name, str):
        return Reading(kind, fit, name, term, conditions)
    return Reading(kind, fit, ", ".join(name), term, conditions, names=name)
