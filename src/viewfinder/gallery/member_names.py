"""Names of a zip's members that every system can unpack: relative, legal and distinct.

Sources: APPNOTE.TXT 4.4.17 (no drive, no leading slash); "Naming Files, Paths, and Namespaces" of Windows (characters,
device names, dots and spaces at the end); NAME_MAX of Linux (255 bytes); case-insensitive and normalising file systems.
"""

from __future__ import annotations

import re
import unicodedata

MAX_BYTES = 255
"""Of one name on Linux; the other systems count 255 UTF-16 units, which are never more."""

_ROOM = 8
"""Bytes kept free for a number."""

_ILLEGAL = re.compile('[\x00-\x1f\x7f-\x9f<>:"/\\\\|?*\ud800-\udfff\u2028-\u202e\u2066-\u2069]')
"""What Windows refuses, control characters, halves of surrogate pairs, and marks that turn the direction of text."""

_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?=\.|$)", re.IGNORECASE)
_END = re.compile(r"[. ]+$")


class MemberNames:
    """The names that a zip has so far. `reserved` are names that its maker uses for itself."""

    def __init__(self, *reserved: str) -> None:
        self._files = {_same(name) for name in reserved}
        self._folders: set[str] = set()

    def add(self, image_id: str) -> str:
        """Return the name of an image's member, with its folders; another one for each call."""
        *folders, name = [legal(part) for part in image_id.split("/") if part] or ["_"]
        folder = ""
        for part in folders:
            folder = self._folder(folder, part)
        member = _free(folder, name, self._files | self._folders)
        self._files.add(_same(member))
        return member

    def _folder(self, parent: str, part: str) -> str:
        """Return a folder's path with its slash: another one where a file has the name."""
        path = _free(parent, part, self._files)
        self._folders.add(_same(path))
        return f"{path}/"


def _free(parent: str, name: str, taken: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".") if "." in name[1:] else (name, "", "")
    number, path = 1, f"{parent}{name}"
    while _same(path) in taken:
        number += 1
        path = f"{parent}{stem} ({number}){dot}{suffix}"
    return path


def legal(part: str) -> str:
    """Return a file's or a folder's name as every system takes it, nothing else changed."""
    text = _ILLEGAL.sub("_", part)
    text = _END.sub(lambda end: "_" * len(end[0]), text)
    return _shortened(f"_{text}" if _DEVICE.match(text) else text)


def _shortened(name: str) -> str:
    """Return a name of at most 255 bytes, whose suffix is kept."""
    if len(name.encode()) <= MAX_BYTES - _ROOM:
        return name
    stem, dot, suffix = name.rpartition(".")
    end = f"{dot}{suffix}" if stem and len(suffix) <= _ROOM else ""
    room = MAX_BYTES - _ROOM - len(end.encode())
    return _END.sub("_", name.encode()[:room].decode(errors="ignore")) + end


def _same(path: str) -> str:
    """Return what file systems compare that know no case, and no difference of composed letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
