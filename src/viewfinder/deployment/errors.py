"""The errors of building and deploying."""

from __future__ import annotations

from viewfinder.domain.errors import ViewfinderError


class PackageError(ViewfinderError):
    """A function package can't be built."""


class TemplateError(ViewfinderError):
    """The template does not have the form that packaging expects."""


class DeploymentError(ViewfinderError):
    """CloudFormation did not take the stack where it should go; the message is the first real cause."""


class DeploymentDeclinedError(ViewfinderError):
    """The operator looked at the change set and said no."""
