"""Progress and errors of a deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from viewfinder.domain.errors import ViewfinderError


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


class PackageError(ViewfinderError):
    """A function package can't be built."""


class TemplateError(ViewfinderError):
    """The template does not have the form that packaging expects."""


class DeploymentError(ViewfinderError):
    """CloudFormation could not deploy or delete the stack; the message is the first real cause."""


class DeploymentDeclinedError(ViewfinderError):
    """The operator declined the change set."""
