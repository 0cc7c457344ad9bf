"""What follows an import where faces are kept: forget what nobody can bring back, group, and drop old matches."""

from __future__ import annotations

from collections.abc import Callable

from viewfinder.usecases.forget_people import forget_likes
from viewfinder.usecases.forget_unused import Unused, forget_unused
from viewfinder.usecases.group_people import Pass, group_people


def keep_people(unused: Unused, on_progress: Callable[[Pass], None] = lambda _: None) -> Pass:
    """Run all three; each may be interrupted and run again. Return the numbers of the grouping."""
    forget_unused(unused)
    done = group_people(unused.forgetting.stores, on_progress)
    if done.strays:
        forget_likes(unused.forgetting)
    return done
