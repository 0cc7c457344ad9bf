"""The page's own text: what its scripts look for is in it."""

from __future__ import annotations

import re
from importlib.resources import files

WEB = files("viewfinder.gallery") / "web"


def test_every_place_that_scripts_may_look_for_is_in_the_page() -> None:
    """`find` takes the ids of `Places` only (tsc checks it)."""
    places = (WEB / "types.d.ts").read_text().partition("export interface Places {")[2]
    ids = re.findall(r'^  "?([\w-]+)"?: HTML', places, re.MULTILINE)

    assert len(ids) > 20
    assert set(ids) <= set(re.findall(r' id="([\w-]+)"', (WEB / "index.html").read_text()))
