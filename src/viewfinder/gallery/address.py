"""The gallery's address, in a form that browsers and programs accept, and to which a path may be appended.

A user and a password in a URL are refused or asked for again by browsers, and a query can't be followed by a path; so
the access token of a locked gallery is the first segment of the path: `http://localhost:8080/~TOKEN`.
"""

from __future__ import annotations


def gallery_address(port: int, access_token: str = "") -> str:
    """Return the address of the gallery on this machine, without a slash at its end; "": it is not locked."""
    return f"http://localhost:{port}{access_segment(access_token) if access_token else ''}"


def access_segment(access_token: str) -> str:
    """Return the beginning of the paths that open a locked gallery."""
    return f"/~{access_token}"
