"""Recovery after a crash: the emulator keeps objects on disk as they come, everything else only on an orderly stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewfinder.local.stack import LocalStack

PATIENCE_SECONDS = 300


def recover(stack: LocalStack) -> None:
    """Makes the catalog agree with the bucket again; analyses that were made are found in the derived bucket."""
    from viewfinder.bootstrap import Application
    from viewfinder.settings import Settings
    from viewfinder.usecases.reconcile import reconcile

    settings = Settings.from_outputs(stack.record.outputs)
    application = Application(settings, session=stack.session, endpoint_url=stack.record.endpoint_url)
    reconcile(application.stores, patience=PATIENCE_SECONDS)
