"""Deliver the outbox's events: at least once, of each image in order, for a day, after which they can be listed."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from viewfinder.domain.errors import UndeliveredError, UnwantedEventError
from viewfinder.ports import Outbox, OutboxEvent, Receiver

GIVEN_UP_SECONDS = 24 * 3600
"""An event that is older is given up at its next failure."""

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 3600.0
_AT_ONCE = 100
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Deliver events from an outbox to one receiver; `seconds` tells the time since 1970."""

    outbox: Outbox
    receiver: Receiver
    seconds: Callable[[], float]
    jitter: Callable[[], float] = field(default=lambda: random.uniform(0.75, 1.0))  # noqa: S311 - spreads load

    def run(self) -> int:
        """Deliver what is due, of each image one event; return how many were tried."""
        due = self.outbox.due(self.seconds(), _AT_ONCE)
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(self._deliver, due))
        return len(due)

    def _deliver(self, event: OutboxEvent) -> None:
        """Send before the row goes: a process that is killed in between sends the event once more."""
        try:
            self.receiver.send(event)
        except UnwantedEventError as error:
            self.outbox.bury(event, str(error))
        except UndeliveredError as error:
            if self.seconds() - event.saved_at >= GIVEN_UP_SECONDS:
                self.outbox.bury(event, str(error))
            else:
                self.outbox.postpone(event, self.seconds() + self._pause(event, error), str(error))
        else:
            self.outbox.remove(event)

    def _pause(self, event: OutboxEvent, error: UndeliveredError) -> float:
        """Return the seconds until the next attempt: doubled each time up to an hour, or what was asked for."""
        pause: float = min(_FIRST_PAUSE * 2.0 ** min(event.attempts, 20), _LONGEST_PAUSE)
        return max(pause * self.jitter(), min(error.retry_after, GIVEN_UP_SECONDS))
