"""What a deployment says of itself while it runs; who shows it decides how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One step: a package that was built, a resource that CloudFormation created."""

    subject: str
    status: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether CloudFormation reports a failure."""
        return self.status.endswith("FAILED")


Report = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Discard progress."""
