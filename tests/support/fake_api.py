"""A REST API in memory that follows infrastructure/openapi.yaml, with the buckets that it hands out URLs of.

It verifies every signature by its own reading of AWS's guide, so that what the gallery signs is what it
sends, and means.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from PIL import Image
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

KEY_ID, SECRET, REGION = "AKIAFAKEFAKEFAKEFAKE", "a secret", "eu-central-1"
STAGE = "prod"

Document = dict[str, Any]


def image(image_id: str, *labels: Document, **members: Any) -> Document:
    """Return an analysed image."""
    facts = {"Status": "ANALYZED", "AnalyzedAt": "2026-11-22T09:30:00.000000Z", "Size": 1234, "Format": "PNG"}
    return {"ImageId": image_id, **facts, "Width": 300, "Height": 200, "Labels": [*labels], **members}


def label(name: str, confidence: float = 90.0, *boxes: Document, parents: tuple[str, ...] = ()) -> Document:
    """Return a label with its boxes."""
    return {
        "Name": name,
        "Confidence": confidence,
        "Parents": [{"Name": parent} for parent in parents],
        "Categories": [],
        "Aliases": [],
        "Instances": [{"BoundingBox": box, "Confidence": confidence} for box in boxes],
    }


def version(version_id: str, modified: str, size: int, *, is_latest: bool = False) -> Document:
    """Return a version of an image's object."""
    times = {"VersionId": version_id, "LastModified": modified}
    return {**times, "Bytes": size, "IsLatest": is_latest, "Url": "http://127.0.0.1/a-version"}


@dataclass
class FakeApi:
    """The API; `seconds` is what every search takes, `throttled` how many searches are refused first."""

    images: list[Document] = field(default_factory=list)
    seconds: float = 0.0
    bucket: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    throttled: int = 0
    trash: list[Document] = field(default_factory=list)
    versions: dict[str, list[Document]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    distinct: set[frozenset[str]] = field(default_factory=set)
    pictures: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    """(ImageId, rendition) -> type and bytes, of those that are not drawn by their key."""

    def application(self) -> Starlette:
        """Return the ASGI application."""
        routes = [
            Route(f"/{STAGE}/images", self._search),
            Route(f"/{STAGE}/images", self._form, methods=["POST"]),
            Route(f"/{STAGE}/images/{{key:path}}", self._image, methods=["GET", "PATCH", "DELETE"]),
            Route(f"/{STAGE}/trash", self._trash),
            Route(f"/{STAGE}/trash/{{key:path}}", self._restore, methods=["POST", "DELETE"]),
            Route(f"/{STAGE}/versions/{{key:path}}", self._versions, methods=["GET", "POST"]),
            Route(f"/{STAGE}/categories", self._categories),
            Route(f"/{STAGE}/folders", self._folders),
            Route(f"/{STAGE}/similar/{{key:path}}", self._similar),
            Route(f"/{STAGE}/duplicates", self._duplicates),
            Route(f"/{STAGE}/duplicates", self._decide, methods=["PATCH"]),
            Route(f"/{STAGE}/analyses", self._analyze, methods=["POST"]),
            Route(f"/{STAGE}/content/{{key:path}}", self._content),
            Route(f"/{STAGE}/labels", self._labels),
            Route(f"/{STAGE}/stats", self._statistics),
            Route(f"/{STAGE}/health", self._health),
            Route("/bucket", self._posted, methods=["POST"]),
            Route("/bucket/picture", self._picture),
        ]
        return Starlette(routes=routes)

    async def _search(self, request: Request) -> Response:
        await self._admit(request)
        if self.throttled:
            self.throttled -= 1
            return _error(429, "TooManyRequests")
        await asyncio.sleep(self.seconds)
        fitting = _ordered([entry for entry in self.images if _fits(entry, request.query_params)], request.query_params)
        return _page(request, "Images", [_summary(entry) for entry in fitting])

    async def _image(self, request: Request) -> Response:
        await self._admit(request)
        key = _key(request, "images")
        found = next((entry for entry in self.images if entry["ImageId"] == key), None)
        if found is None:
            return _error(404, "ImageNotFound")
        if request.method == "DELETE":
            self.images.remove(found)
            self.trash.append(found)
            return JSONResponse({"ImageId": key}, 202)
        if request.method == "PATCH":
            self._correct(found, await request.json())
        return JSONResponse({name: value for name, value in found.items() if name not in ("_removed", "Moderated")})

    async def _health(self, request: Request) -> Response:
        await self._admit(request)
        return JSONResponse({"Status": "OK", "Version": "1"} | ({"Absent": self.absent} if self.absent else {}))

    async def _trash(self, request: Request) -> Response:
        await self._admit(request)
        times = {"DeletedAt": "2026-11-24T09:30:00Z", "ExpiresAt": "2026-12-24T09:30:00Z"}
        found = [{"ImageId": entry["ImageId"], **times, "Bytes": entry["Size"]} for entry in reversed(self.trash)]
        return JSONResponse({"Images": found})

    async def _categories(self, request: Request) -> Response:
        await self._admit(request)
        names = {found["Name"] for entry in self.images for found in entry["Labels"]}
        found = [{"Name": "Animals and Pets", "Count": len(self.images), "Labels": len(names)}] if names else []
        return JSONResponse({"Categories": found})

    async def _folders(self, request: Request) -> Response:
        await self._admit(request)
        prefix = request.query_params.get("prefix", "")
        keys = [entry["ImageId"] for entry in self.images if entry["ImageId"].startswith(prefix)]
        counts = Counter(key[: key.index("/", len(prefix)) + 1] for key in keys if "/" in key[len(prefix) :])
        return JSONResponse({"Folders": [{"Prefix": name, "Count": count} for name, count in sorted(counts.items())]})

    async def _duplicates(self, request: Request) -> Response:
        await self._admit(request)
        found = [_group("EQUAL", entries) for entries in self._alike("Sha256")]
        for entries in self._alike("_look"):
            contents = frozenset(entry["Sha256"] for entry in entries)
            if contents not in self.distinct and len(contents) > 1:
                found.append(_group("NEAR", entries))
        return _page(request, "Groups", found)

    def _alike(self, member: str) -> list[list[Document]]:
        """Return the images that have the same value of a member, where there are several."""
        groups: dict[str, list[Document]] = {}
        for entry in self.images:
            if member in entry:
                groups.setdefault(str(entry[member]), []).append(entry)
        return [entries for _, entries in sorted(groups.items()) if len(entries) > 1]

    async def _similar(self, request: Request) -> Response:
        """Return the other images of the same `_look`, and then the rest."""
        await self._admit(request)
        key = _key(request, "similar")
        asked = next((entry for entry in self.images if entry["ImageId"] == key), None)
        if asked is None:
            return _error(404, "ImageNotFound")
        if "_look" not in asked:
            return JSONResponse({"Error": {"Code": "VectorNotFound", "Message": "no vector", "RequestId": "x"}}, 404)
        others = [entry for entry in self.images if entry is not asked]
        others.sort(key=lambda entry: entry.get("_look") != asked["_look"])
        limit = int(request.query_params["limit"])
        similarity = {True: 97.5, False: 41.0}
        found = [_summary(each) | {"Similarity": similarity[each.get("_look") == asked["_look"]]} for each in others]
        return JSONResponse({"Images": found[:limit]})

    async def _decide(self, request: Request) -> Response:
        await self._admit(request)
        decision = await request.json()
        contents = frozenset(decision["Contents"])
        (self.distinct.discard if decision["AreDuplicates"] else self.distinct.add)(contents)
        return JSONResponse(decision)

    def _correct(self, entry: Document, corrections: Document) -> Document:
        """Take a person's say; what was removed is kept for `Undo`."""
        said = entry.setdefault("Corrections", {"Added": [], "Removed": []})
        removed = entry.setdefault("_removed", {})
        for name in corrections.get("Add", ()):
            said["Added"].append(name)
            entry["Labels"].append({**label(name, 100), "Source": "PERSON"})
        for name in corrections.get("Remove", ()):
            said["Removed"].append(name)
            removed[name] = next(found for found in entry["Labels"] if found["Name"] == name)
            entry["Labels"].remove(removed[name])
        for name in corrections.get("Undo", ()):
            if name in said["Removed"]:
                said["Removed"].remove(name)
                entry["Labels"].append(removed.pop(name))
            else:
                said["Added"].remove(name)
                entry["Labels"] = [found for found in entry["Labels"] if found["Name"] != name]
        return entry

    async def _restore(self, request: Request) -> Response:
        await self._admit(request)
        key = _key(request, "trash")
        found = next((entry for entry in self.trash if entry["ImageId"] == key), None)
        if found is None:
            return _error(404, "ImageNotFound")
        self.trash.remove(found)
        if request.method == "DELETE":
            return Response(status_code=204)
        self.images.append(found)
        return JSONResponse({"ImageId": key}, 202)

    async def _versions(self, request: Request) -> Response:
        """List the versions of a key; a restored one is a new version, and a new record."""
        await self._admit(request)
        key = _key(request, "versions")
        of_trash = [
            version("only", entry["AnalyzedAt"], entry["Size"]) for entry in self.trash if entry["ImageId"] == key
        ]
        versions = self.versions.get(key, of_trash)
        if not versions:
            return _error(404, "ImageNotFound")
        if request.method == "GET":
            url = f"{request.base_url}bucket/picture?of={quote(key)}"
            return JSONResponse({"Versions": [{**entry, "Url": url} for entry in versions]})
        asked = (await request.json())["VersionId"]
        restored = next(entry for entry in versions if entry["VersionId"] == asked)
        for entry in versions:
            entry["IsLatest"] = False
        versions.insert(0, version(f"{asked} again", "2026-11-25T08:00:00Z", restored["Bytes"], is_latest=True))
        found = next(entry for entry in self.images if entry["ImageId"] == key)
        found.update(Size=restored["Bytes"], AnalyzedAt="2026-11-25T08:00:01.000000Z")
        return JSONResponse({"ImageId": key}, 202)

    async def _analyze(self, request: Request) -> Response:
        await self._admit(request)
        return JSONResponse({"ImageId": (await request.json())["ImageId"]}, 202)

    async def _form(self, request: Request) -> Response:
        await self._admit(request)
        asked = await request.json()
        fields = {"key": asked["ImageId"], "Content-Type": asked["ContentType"], "policy": str(asked["MaxBytes"])}
        form = {"Url": f"{request.base_url}bucket", "Fields": fields, "ExpiresAt": "2026-11-22T10:00:00Z"}
        return JSONResponse({"ImageId": asked["ImageId"], **form}, 201)

    async def _posted(self, request: Request) -> Response:
        """Take a form as S3 does: its file comes last, and a chunked body is refused."""
        body = await request.body()
        if "content-length" not in request.headers:
            return Response(_xml("MissingContentLength"), 411)
        boundary = request.headers["content-type"].split("boundary=")[1].encode()
        parts = [part.strip(b"\r\n").split(b"\r\n\r\n", 1) for part in body.split(b"--" + boundary)[1:-1]]
        values = [(re.findall(rb'name="([^"]*)"', head)[0].decode(), value) for head, value in parts]
        fields, (last, content) = dict(values[:-1]), values[-1]
        if last != "file" or len(content) > int(fields["policy"]):
            return Response(_xml("EntityTooLarge"), 400)
        self.bucket[fields["key"].decode()] = (fields["Content-Type"].decode(), content)
        return Response(status_code=204, headers={"ETag": f'"{hashlib.md5(content).hexdigest()}"'})

    async def _content(self, request: Request) -> Response:
        await self._admit(request)
        key = _key(request, "content")
        if key not in {entry["ImageId"] for entry in self.images}:
            return _error(404, "ImageNotFound")
        rendition = request.query_params.get("rendition", "original")
        return RedirectResponse(f"{request.base_url}bucket/picture?of={quote(key)}&rendition={rendition}", 302)

    async def _picture(self, request: Request) -> Response:
        """Return a picture given, or one whose colour is that of its key; by its ETag it is not sent again."""
        key, rendition = request.query_params["of"], request.query_params.get("rendition", "original")
        kind, content = self.pictures.get((key, rendition)) or ("image/png", _drawn(key))
        etag = f'"{hashlib.md5(content).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        headers = {"etag": etag, "last-modified": "Sun, 22 Nov 2026 09:30:00 GMT"}
        return Response(content, media_type=kind, headers=headers)

    async def _labels(self, request: Request) -> Response:
        await self._admit(request)
        counts = Counter(found["Name"] for entry in self.images for found in entry["Labels"])
        prefix = request.query_params.get("prefix", "").casefold()
        found = [
            {**label(name), "Count": count, **_matched_by(name, prefix)}
            for name, count in sorted(counts.items())
            if name.casefold().startswith(prefix) or _matched_by(name, prefix)
        ]
        if request.query_params.get("order") == "count":
            found.sort(key=lambda entry: -entry["Count"])
        return JSONResponse({"Labels": found[: int(request.query_params.get("limit", 50))]})

    async def _statistics(self, request: Request) -> Response:
        await self._admit(request)
        counts = Counter(entry["Status"] for entry in self.images)
        images = {status: counts[status] for status in ("ANALYZED", "REJECTED", "FAILED")}
        return JSONResponse({"Images": {**images, "Total": len(self.images)}, "Labels": 3})

    async def _admit(self, request: Request) -> None:
        body = await request.body()
        self.requests.append((request.method, _raw(request), body))
        assert signature_fits(request, body), "SignatureDoesNotMatch"


def _drawn(key: str) -> bytes:
    digest = hashlib.sha256(key.encode()).digest()
    out = io.BytesIO()
    Image.new("RGB", (300, 200), (digest[0], digest[1], digest[2])).save(out, "PNG")
    return out.getvalue()


def signature_fits(request: Request, body: bytes) -> bool:
    """Whether the signature is that of this very request (IAM User Guide, "Create a signed AWS API request")."""
    authorization = dict(re.findall(r"(\w+)=([^, ]+)", request.headers["authorization"]))
    day = request.headers["x-amz-date"][:8]
    names = authorization["SignedHeaders"].split(";")
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in names)
    path, _, query = _raw(request).partition("?")
    pairs = sorted(
        (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
        for name, value in parse_qsl(query, keep_blank_values=True)  # a server signs what it has understood
    )
    canonical = "\n".join(
        [
            request.method,
            quote(path, safe="/-_.~"),  # encoded once more, for every service but S3
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            authorization["SignedHeaders"],
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{day}/{REGION}/execute-api/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{digest}"
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    return bool(authorization["Credential"] == f"{KEY_ID}/{scope}" and authorization["Signature"] == signature)


def _raw(request: Request) -> str:
    path: str = request.scope["raw_path"].split(b"?")[0].decode("ascii")
    query: str = request.scope["query_string"].decode("ascii")
    return f"{path}?{query}" if query else path


def _key(request: Request, folder: str) -> str:
    return unquote_to_bytes(_raw(request).partition("?")[0].removeprefix(f"/{STAGE}/{folder}/")).decode()


def _summary(entry: Document) -> Document:
    kept: Document = {
        name: entry[name]
        for name in ("ImageId", "Status", "AnalyzedAt", "Width", "Height", "Moderated")
        if name in entry
    }
    reason = {"Reason": entry["Reason"]} if "Reason" in entry else {}
    taken = {"TakenAt": _taken(entry)} if _taken(entry) else {}
    labels = [{"Name": found["Name"], "Confidence": found["Confidence"]} for found in entry["Labels"]]
    camera = {"Camera": entry["Facts"]["Camera"]} if "Camera" in entry.get("Facts", {}) else {}
    hashed = {"Hash": entry["_hash"]} if "_hash" in entry else {}
    return {**kept, **reason, **taken, **camera, **hashed, "Labels": labels}


ALIASES = {"Car": "automobile"}


def _matched_by(name: str, prefix: str) -> Document:
    alias = ALIASES.get(name, "")
    return {"MatchedBy": alias} if prefix and alias.startswith(prefix) else {}


def _fits(entry: Document, query: QueryParams) -> bool:
    names = {found["Name"] for found in entry["Labels"]}
    words = {text["DetectedText"].casefold() for text in entry.get("Texts", ())}
    since, until = query.get("takenFrom", ""), query.get("takenTo", "")
    taken = _taken(entry)
    is_then = not (since or until) or (taken is not None and since <= taken and (not until or taken < until))
    texts = {text.casefold() for text in query.getlist("text")}
    is_there = entry["ImageId"].startswith(query.get("prefix", ""))
    is_there = is_there and query.get("status", entry["Status"]) == entry["Status"]
    if query.get("moderated", entry.get("Moderated")) != entry.get("Moderated"):
        return False
    camera = set(entry.get("Facts", {}).get("Camera", "").casefold().split())
    is_theirs = set(query.get("camera", "").casefold().split()) <= camera
    return set(query.getlist("label")) <= names and texts <= words and is_then and is_there and is_theirs


def _taken(entry: Document) -> str | None:
    taken: str | None = entry.get("Facts", {}).get("TakenAt")
    return taken


def _ordered(entries: list[Document], query: QueryParams) -> list[Document]:
    if query.get("order") != "taken":
        return entries
    return sorted(entries, key=lambda entry: _taken(entry) or f"0{entry['AnalyzedAt'][1:]}", reverse=True)


def _group(kind: str, entries: list[Document]) -> Document:
    """Return a group of duplicates; the first with the most pixels is proposed."""
    facts = ("ImageId", "AnalyzedAt", "Format", "Width", "Height")
    images = [
        {**{name: entry[name] for name in facts}, "Bytes": entry["Size"], "Sha256": entry["Sha256"], "Sharpness": 1.5}
        for entry in entries
    ]
    best = max(images, key=lambda each: each["Width"] * each["Height"])
    reason = "NAME" if kind == "EQUAL" else "PIXELS"
    return {"Kind": kind, "Keep": {"ImageId": best["ImageId"], "Reason": reason}, "Images": images}


def _page(request: Request, member: str, found: list[Document]) -> Response:
    start, limit = int(request.query_params.get("nextToken", 0)), int(request.query_params.get("limit", 50))
    more = {"NextToken": str(start + limit)} if start + limit < len(found) else {}
    return JSONResponse({member: found[start : start + limit], **more})


def _error(status: int, code: str) -> Response:
    return JSONResponse({"Error": {"Code": code, "Message": "no such image", "RequestId": "fake"}}, status)


def _xml(code: str) -> str:
    return f"<Error><Code>{code}</Code><Message>refused</Message></Error>"
