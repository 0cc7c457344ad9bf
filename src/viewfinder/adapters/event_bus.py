"""Events on a bus of Amazon EventBridge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.observability import logger

SOURCE = "viewfinder"
MAX_ENTRIES = 10
MAX_BYTES = 250_000
"""Of one PutEvents request (EventBridge API Reference: 10 entries, 256 kB in all)."""


class EventBridgeBus:
    """Implements `ports.EventBus`."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, events: Sequence[Mapping[str, Any]]) -> int:
        """Send as many as a request has room for at a time; stop at the first that EventBridge does not take."""
        taken = 0
        for entries in self._requests(events):
            with misconfiguration_told(f"the event bus {self._name} can't be told"):
                answer = self._client.put_events(Entries=entries)
            failed = [place for place, entry in enumerate(answer["Entries"]) if entry.get("ErrorCode")]
            if failed:
                logger.error("event not announced", extra={"error": answer["Entries"][failed[0]]["ErrorCode"]})
                return taken + failed[0]
            taken += len(entries)
        return taken

    def _requests(self, events: Sequence[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        entries: list[dict[str, Any]] = []
        size = 0
        for event in events:
            detail = json.dumps(event, separators=(",", ":"), ensure_ascii=False)
            if entries and (len(entries) == MAX_ENTRIES or size + len(detail.encode()) > MAX_BYTES):
                yield entries
                entries, size = [], 0
            name = {"Source": SOURCE, "DetailType": event["Type"], "EventBusName": self._name}
            entries.append({**name, "Time": event["AnalyzedAt"], "Detail": detail})
            size += len(detail.encode()) + 500  # of the other members
        if entries:
            yield entries
