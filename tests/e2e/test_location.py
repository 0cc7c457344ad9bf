"""Where a picture was taken: kept by a stack that is told to keep it, and by no other."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import RunningStack
from tests.support.photos import encoded
from tests.support.waiting import wait_for

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
    tiff:Make="Acme" exif:GPSLatitude="52,30.6N" exif:GPSLongitude="13,24,0W"/></rdf:RDF></x:xmpmeta>"""


def facts_of_a_photo(stack: RunningStack) -> dict[str, Any]:
    """Return the facts that the API answers for a photo with a position in its metadata."""
    stack.client("s3").put_object(Bucket=stack.bucket, Key="away.jpg", Body=encoded("JPEG", xmp=XMP))
    wait_for(lambda: stack.answers("away.jpg", 200), seconds=60, what="the record of the photo")
    facts: dict[str, Any] = stack.image("away.jpg").json()["Facts"]
    return facts


def test_a_stack_that_keeps_locations_answers_the_position(people_stack: RunningStack) -> None:
    facts = facts_of_a_photo(people_stack)
    assert (facts["Camera"], facts["Latitude"], facts["Longitude"]) == ("Acme", 52.51, -13.4)


def test_a_stack_keeps_no_location_unless_it_is_told_to(stack: RunningStack) -> None:
    assert facts_of_a_photo(stack) == {"Camera": "Acme"}
