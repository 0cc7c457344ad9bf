"""Waits until the pipeline has answered for images that were put before it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.image import Image
from viewfinder.ports import Records

_WINDOW = 200
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Sent:
    """An image on its way: its record is awaited that has this ETag and a later version than before."""

    image_id: str
    etag: str
    version: int

    def is_answered_by(self, image: Image | None) -> bool:
        """Whether the record is about what was sent."""
        return image is not None and image.etag == self.etag and image.version > self.version


class ImportStalledError(ViewfinderError):
    """The pipeline did not answer for too long."""


def await_images(
    sent: Iterable[Sent], records: Records, *, patience: float, on_answered: Callable[[Image], None] = lambda _: None
) -> list[Image]:
    """Gives the records once all are there; raises ImportStalledError after `patience` seconds without any."""
    waiting, answered = deque(sent), list[Image]()
    deadline = time.monotonic() + patience
    while waiting:
        window = [waiting.popleft() for _ in range(min(_WINDOW, len(waiting)))]
        found = records.find_many([one.image_id for one in window])
        done = [found[one.image_id] for one in window if one.is_answered_by(found.get(one.image_id))]
        waiting.extend(one for one in window if not one.is_answered_by(found.get(one.image_id)))
        for image in done:
            on_answered(image)
        answered += done
        if done:
            deadline = time.monotonic() + patience
        elif time.monotonic() > deadline:
            raise ImportStalledError(f"{len(waiting)} images are not answered yet, among them {waiting[0].image_id}")
        else:
            time.sleep(_POLL_SECONDS)
    return answered
