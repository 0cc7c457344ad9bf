"""The files of a hosted gallery: what `viewfinder deploy` uploads, and `viewfinder up --hosted` serves.

The same page as the local gallery's, without the token of a server: so it signs its user in, as its settings say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from viewfinder.gallery.pages import CLOSED, FOR_EVER, TYPES, filled, read_files, suffix_of, type_of, version_of

ASKED_EACH_TIME = "no-cache"
KEPT_NOWHERE = "no-store"

WORKER = "worker.js"
"""At the root: a service worker answers what is below its own path."""


@dataclass(frozen=True)
class HostedFile:
    """A file with the headers that it is served with."""

    content: bytes
    media_type: str
    cache_control: str


@dataclass(frozen=True)
class Login:
    """Where a page signs its user in: the address of the login, without a slash at its end, and the client's id."""

    authority: str
    client_id: str


def hosted_page(login: Login, stage: str, *, is_moderated: bool = False) -> Mapping[str, HostedFile]:
    """Return the files by path, without a slash at its beginning.

    Scripts, styles and icons lie below a folder named by their digest, and may be kept for ever; `index.html`, the
    settings and the service worker have names that stay.
    """
    contents = read_files()
    version = version_of(contents)
    page = filled(contents["index.html"].decode(), version, token="", stage=stage, is_moderated=is_moderated)
    for place, text in CLOSED.items():
        page = page.replace(place, text)
    settings = {"Stage": stage, "Login": {"Authority": login.authority, "ClientId": login.client_id}}
    return {
        "index.html": HostedFile(page.encode(), "text/html; charset=utf-8", KEPT_NOWHERE),
        "settings.json": HostedFile(json.dumps(settings).encode(), "application/json", ASKED_EACH_TIME),
        WORKER: HostedFile(contents[WORKER], type_of(WORKER), ASKED_EACH_TIME),
        **{
            f"web/{version}/{name}": HostedFile(content, type_of(name), FOR_EVER)
            for name, content in contents.items()
            if suffix_of(name) in TYPES and name != WORKER
        },
    }
