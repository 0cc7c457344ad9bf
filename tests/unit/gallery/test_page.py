"""The page's own text: what its scripts look for is in it."""

from __future__ import annotations

import re
from importlib.resources import files

from viewfinder.adapters.folders import SYSTEM_FOLDERS

WEB = files("viewfinder.gallery") / "web"


def test_every_place_that_scripts_may_look_for_is_in_the_page() -> None:
    """`find` takes the ids of `Places` only (tsc checks it)."""
    places = (WEB / "types.d.ts").read_text().partition("export interface Places {")[2]
    ids = re.findall(r'^  "?([\w-]+)"?: HTML', places, re.MULTILINE)

    assert len(ids) > 20
    assert set(ids) <= set(re.findall(r' id="([\w-]+)"', (WEB / "index.html").read_text()))


def test_an_upload_leaves_out_the_folders_that_an_import_does() -> None:
    pattern = re.search(r"const SYSTEM = /(.+)/i;", (WEB / "files.js").read_text())
    assert pattern
    is_system = re.compile(pattern[1], re.IGNORECASE).fullmatch

    assert [name for name in (*SYSTEM_FOLDERS, ".thumbnails", ".Trash-1000", "@eaDir") if not is_system(name)] == []
    assert [name for name in ("DCIM", "photo.jpg", "lost", "a.thumbnails") if is_system(name)] == []
