"""An event: a hint that an object of the images bucket changed, or should be looked at again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageEvent:
    """One hint about one object.

    `sequencer` orders the events of one key ("" where the event did not come from S3). An analysis made before
    `analyzed_since` is not good enough ("": any is). `last_delivery` is true when the queue will not deliver this
    message again.
    """

    image_id: str
    sequencer: str = ""
    analyzed_since: str = ""
    last_delivery: bool = False


def is_accounted_for(sequencer: str, by: str) -> bool:
    """Tells whether an event is no newer than the event `by`.

    S3's sequencers are hexadecimal strings of unequal length: compare them padded on the right with zeros
    (S3 User Guide, "Event message structure"). An event without one is never accounted for.
    """
    if not sequencer:
        return False
    width = max(len(sequencer), len(by))
    return sequencer.upper().ljust(width, "0") <= by.upper().ljust(width, "0")


def later_sequencer(one: str, other: str) -> str:
    """Gives the later of two sequencers; any is later than none."""
    return other if not one or is_accounted_for(one, other) else one
