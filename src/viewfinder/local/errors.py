"""The errors of the local runtime; each message says what to do next."""

from __future__ import annotations

from viewfinder.domain.errors import ViewfinderError


class LocalStackError(ViewfinderError):
    """The local stack can't do what was asked of it."""


class PortTakenError(LocalStackError):
    """Another program listens where a component should."""


class DiskFullError(LocalStackError):
    """The disk has no room for the stack's data."""


class ComponentDiedError(LocalStackError):
    """A component ended by itself, or never answered; the message ends with its log."""


class NotRunningError(LocalStackError):
    """The stack of this data directory is not running."""
