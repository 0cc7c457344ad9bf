"""Repairs at a start: replace what is damaged, missing or out of date in the data directory.

The images in the emulator's buckets are the truth: keys, the emulator's other state and the catalog are made anew from
nothing or from them. Whatever can't be used is renamed, never opened again and never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from viewfinder.deployment.progress import Progress, Report
from viewfinder.local import files
from viewfinder.local.catalog import CatalogFile, Found
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.saving import damage, was_saved
from viewfinder.local.state import SQLITE, Record


@dataclass(frozen=True, slots=True)
class Repair:
    """The repairs of one start, while nothing of the stack runs."""

    data: DataDirectory
    report: Report

    def run(self, record: Record, catalog: Found) -> Record:
        """Repair the data directory for a start, and return the record to start with.

        `catalog` is what a look at its file found; the file is made anew unless it is good. A recovery from the buckets
        is asked for wherever something may be missing.
        """
        for kept in self.data.set_aside_damaged_keys():
            self._tell("keys", f"a file can't be read; new keys are created, and the file is kept as {kept}")
        complete = bool(record.fingerprint) and was_saved(self.data.state) and catalog is Found.GOOD
        record = self._state(record)
        if record.catalog == SQLITE:
            self._catalog(catalog)
        if self.data.has_objects and not (complete and record.fingerprint):
            files.write(self.data.recovery, {"State": "WAITING"})
        return record

    def renew_state(self, record: Record, reason: str) -> Record:
        """Rename the emulator's state, and request a recovery; return the record of a stack not yet deployed."""
        kept = self.data.set_aside_state()
        self._tell(
            "emulator", f"{reason}; the stack is deployed again with its objects, and the old state is kept as {kept}"
        )
        files.write(self.data.recovery, {"State": "WAITING"})
        return replace(record, fingerprint="", outputs={})

    def _state(self, record: Record) -> Record:
        if not record.fingerprint:  # a first start that was cut short, or a record that was lost
            self.data.set_aside_state()
            return record
        reason = damage(self.data.state)
        return self.renew_state(record, reason) if reason else record

    def _catalog(self, found: Found) -> None:
        if found is not Found.GOOD:
            kept = self.data.set_aside_catalog()
            self._tell_catalog(found, kept)
        CatalogFile(self.data).prepare()

    def _tell_catalog(self, found: Found, kept: Path | None) -> None:
        if self.data.has_objects:
            old = f"; the old file is {kept}" if kept else ""
            self._tell("catalog", f"its file {found.value}; it is rebuilt from the buckets{old}")

    def _tell(self, subject: str, detail: str) -> None:
        self.report(Progress(subject, "REPAIRED", detail))
