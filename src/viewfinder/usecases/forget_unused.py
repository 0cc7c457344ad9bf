"""Forget the faces of contents that nobody can bring back: no image has them, and their versions have expired.

A content that no image has may come back from the trash, or from an earlier version. So it is noted when it is first
seen here, and forgotten once the bucket no longer keeps a version that was removed by then. Where the trash tells when
the image was removed, that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from viewfinder.domain import formats
from viewfinder.domain.image import Status
from viewfinder.domain.query import Query
from viewfinder.ports import Records
from viewfinder.usecases.forget_people import Forgetting, Forgotten, forget_content, forget_likes
from viewfinder.usecases.group_people import contents_of
from viewfinder.usecases.search_images import Search, search_images

UNUSED_KEY = "people/unused.json"
"""The derived bucket's document of contents that no image has, each with the time when that was first seen."""

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Unused:
    """What is needed to find contents that nobody can bring back; `days` is how long the bucket keeps a version."""

    forgetting: Forgetting
    search: Search
    records: Records
    days: int


def forget_unused(unused: Unused) -> Forgotten:
    """Forget what has expired, and note what has newly become unused; what was interrupted is finished by the next."""
    derived, done = unused.forgetting.stores.derived, Forgotten()
    now = unused.search.clock.now()
    stored = derived.find_document(UNUSED_KEY)
    noted: Mapping[str, str] = stored.content["Contents"] if stored else {}
    copies = unused.forgetting.stores.copies
    kept = list(contents_of(unused.forgetting.stores))
    present = set(copies.present(kept))
    left = [sha256 for sha256 in kept if sha256 not in present]
    removed = _removed(unused) if left else {}
    since = {sha256: min(removed.get(sha256, now), noted.get(sha256, now)) for sha256 in left}
    due = [sha256 for sha256, when in since.items() if _after(when, unused.days) <= now]
    expired = [sha256 for sha256 in due if not copies.images(sha256, 1)]  # a count may lag
    for sha256 in expired:
        forget_content(sha256, unused.forgetting, done)
    if expired:
        forget_likes(unused.forgetting)
        unused.forgetting.stores.people.purge()
    waiting = {sha256: when for sha256, when in since.items() if sha256 not in expired}
    if waiting != noted:
        derived.save_document(UNUSED_KEY, {formats.MEMBER: formats.MATCHES, "Contents": waiting}, replacing=stored)
    return done


def _after(when: str, days: int) -> str:
    return (datetime.fromisoformat(when) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _removed(unused: Unused) -> dict[str, str]:
    """Return the contents in the trash, each with the time when its last image was removed."""
    found: dict[str, str] = {}
    token = ""
    while True:
        page = search_images(Query(status=Status.REMOVED), unused.search, limit=_PAGE, token=token)
        for record in unused.records.find_many([entry.image_id for entry in page.images]).values():
            found[record.sha256] = max(found.get(record.sha256, ""), record.analyzed_at)
        if not (token := page.next_token):
            return found
