"""Every call of the REST API on the real stack: signed, through the gateway, over a catalog of real photos."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from PIL import Image

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.photos import encoded
from tests.support.waiting import wait_for

SAMPLES = PROJECT / "samples"
CAT = (SAMPLES / "cat.jpg").read_bytes()
SECONDS = 30
SHELF = "api/shelf/"  # three images, which no test changes

Query = Mapping[str, Any]


class Api:
    """The API of the stack, with what these tests keep below the prefix `api/`; searches are of the shelf there."""

    def __init__(self, stack: RunningStack) -> None:
        self.stack = stack

    def get(self, path: str, **query: Any) -> httpx.Response:
        written = urlencode(query, doseq=True, quote_via=quote)
        return self.stack.call("GET", f"{path}?{written}" if query else path)

    def post(self, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, str) else json.dumps(body)
        return self.stack.call("POST", path, content=content, headers={"Content-Type": "application/json"})

    def search(self, **query: Any) -> list[str]:
        response = self.get("/images", **{"prefix": SHELF, **query})
        assert response.status_code == 200, response.text
        return [image["ImageId"] for image in response.json()["Images"]]

    def put(self, key: str, content: bytes) -> None:
        self.stack.client("s3").put_object(Bucket=self.stack.bucket, Key=key, Body=content)

    def wait_for(self, key: str) -> dict[str, Any]:
        def image() -> dict[str, Any] | None:
            response = self.stack.image(key)
            return response.json() if response.status_code == 200 else None

        return wait_for(image, seconds=SECONDS, what=f"{key!r} in the catalog")

    def wait_until_gone(self, key: str) -> None:
        wait_for(lambda: self.stack.image(key).status_code == 404, seconds=SECONDS, what=f"{key!r} gone")


@pytest.fixture(scope="module")
def api(stack: RunningStack) -> Api:
    """Put three objects one after the other, so that their order is known."""
    api = Api(stack)
    for key, content in (
        ("api/shelf/cat.jpg", CAT),
        ("api/shelf/coffee.jpg", (SAMPLES / "coffee.jpg").read_bytes()),
        ("api/shelf/notes.jpg", b"no picture"),
    ):
        api.put(key, content)
        api.wait_for(key)
    return api


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    error = response.json()["Error"]
    assert set(error) == {"Code", "Message", "RequestId"}
    assert error["RequestId"]
    return response.status_code, error["Code"], error["Message"]


def test_images_are_listed_newest_first_page_by_page(api: Api) -> None:
    assert api.search() == ["api/shelf/notes.jpg", "api/shelf/coffee.jpg", "api/shelf/cat.jpg"]
    first = api.get("/images", prefix=SHELF, limit=2).json()
    assert [image["ImageId"] for image in first["Images"]] == ["api/shelf/notes.jpg", "api/shelf/coffee.jpg"]
    second = api.get("/images", prefix=SHELF, limit=2, nextToken=first["NextToken"]).json()
    assert [image["ImageId"] for image in second["Images"]] == ["api/shelf/cat.jpg"]
    assert "NextToken" not in second
    other = api.get("/images", prefix="api/", limit=2, nextToken=first["NextToken"])
    assert error_of(other) == (400, "InvalidNextToken", "nextToken: belongs to another query")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"label": "cat"}, ["api/shelf/cat.jpg"]),
        ({"label": ["CAT", "Animal"], "order": "confidence"}, ["api/shelf/cat.jpg"]),
        ({"label": ["Cat", "Unicorn"]}, []),
        ({"label": ["Cat", "Unicorn"], "match": "any"}, ["api/shelf/cat.jpg"]),
        ({"label": "Cat", "minConfidence": "100"}, []),
        ({"label": "Cat", "status": "REJECTED"}, []),
        ({"exclude": "Cat", "status": "ANALYZED"}, ["api/shelf/coffee.jpg"]),
        ({"category": "animals and pets"}, ["api/shelf/cat.jpg"]),
        ({"status": "REJECTED"}, ["api/shelf/notes.jpg"]),
        ({"from": "2100-01-01"}, []),
        ({"to": "2100-01-01T00:00:00+02:00", "prefix": "api/shelf/c"}, ["api/shelf/coffee.jpg", "api/shelf/cat.jpg"]),
    ],
)
def test_searches_find_what_is_in_the_pictures(api: Api, query: Query, expected: list[str]) -> None:
    assert api.search(**query) == expected


def test_a_rejected_image_says_why(api: Api) -> None:
    image = api.get("/images/api/shelf/notes.jpg").json()
    assert (image["Status"], image["Labels"]) == ("REJECTED", [])
    summary = api.get("/images", prefix="api/shelf/notes").json()["Images"][0]
    assert summary["Reason"] == image["Reason"] != ""


@pytest.mark.parametrize(
    "key",
    [
        "api/keys/with space & + plus.jpg",
        "api/keys/100%25 %2F.jpg",
        "api/keys//double//slash.jpg",
        "/api/keys/leading.jpg",
        "api/keys/ümläut 日本 🐶.jpg",
        "api/keys/?query=#fragment;:@=,$!'()*.jpg",
        "api/keys/" + "é" * 507 + "x",
    ],
    ids=lambda key: key[:20],
)
def test_keys_of_all_kinds_come_and_go(api: Api, key: str) -> None:
    api.put(key, CAT)
    assert api.wait_for(key)["ImageId"] == key
    assert api.stack.call("DELETE", f"/images/{quote(key)}").json() == {"ImageId": key}
    api.wait_until_gone(key)


def test_a_key_with_control_characters_has_versions_and_comes_back_from_the_trash(api: Api) -> None:
    key = "api/keys/a\x17b\x81c\td\ufffee.jpg"
    path = quote(key, safe="")
    api.put(key, CAT)
    api.wait_for(key)
    assert [version["IsLatest"] for version in api.stack.call("GET", f"/versions/{path}").json()["Versions"]] == [True]
    assert api.stack.call("DELETE", f"/images/{path}").status_code == 202
    api.wait_until_gone(key)

    assert api.stack.call("POST", f"/trash/{path}").json() == {"ImageId": key}
    api.wait_for(key)
    assert api.stack.call("DELETE", f"/images/{path}").status_code == 202
    api.wait_until_gone(key)
    assert api.stack.call("DELETE", f"/trash/{path}").status_code == 204


def test_an_upload_form_takes_one_picture_of_its_type_and_size(api: Api) -> None:
    response = api.post("/images", {"Prefix": "api/uploads/", "ContentType": "image/jpeg", "MaxBytes": len(CAT)})
    upload = response.json()
    assert response.status_code == 201
    assert upload["ImageId"].startswith("api/uploads/")
    assert upload["ImageId"].endswith(".jpg")

    def send(content: bytes = CAT, **fields: str) -> int:
        return httpx.post(upload["Url"], data={**upload["Fields"], **fields}, files={"file": content}).status_code

    assert send(CAT + b"x") in {400, 403}
    assert send(CAT, **{"Content-Type": "text/html"}) == 403
    assert send(key="api/other.jpg") == 403
    assert send() in {200, 201, 204}
    assert "Cat" in {label["Name"] for label in api.wait_for(upload["ImageId"])["Labels"]}
    api.stack.call("DELETE", f"/images/{quote(upload['ImageId'])}")
    api.wait_until_gone(upload["ImageId"])


def test_content_is_the_original_and_its_thumbnail(api: Api) -> None:
    original = api.get("/content/api/shelf/cat.jpg")
    assert original.status_code == 302
    fetched = httpx.get(original.headers["Location"])
    assert (fetched.content, fetched.headers["Content-Type"]) == (CAT, "image/jpeg")
    thumbnail = httpx.get(api.get("/content/api/shelf/cat.jpg", rendition="thumbnail").headers["Location"])
    with Image.open(BytesIO(thumbnail.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (451, 300))
    for_a_screen = httpx.get(api.get("/content/api/shelf/cat.jpg", rendition="screen").headers["Location"])
    assert for_a_screen.content == CAT  # light enough as it is


def test_a_large_picture_is_given_to_a_screen_as_a_rendition_of_its_own(api: Api) -> None:
    large = Image.effect_noise((2400, 1600), 90).convert("RGB")
    api.put("api/large.tiff", encoded("TIFF", large))
    api.wait_for("api/large.tiff")
    fetched = httpx.get(api.get("/content/api/large.tiff", rendition="screen").headers["Location"])
    with Image.open(BytesIO(fetched.content)) as picture:
        assert (fetched.headers["Content-Type"], picture.size) == ("image/webp", (1600, 1067))


def test_what_is_no_picture_is_a_download_without_a_thumbnail(api: Api) -> None:
    fetched = httpx.get(api.get("/content/api/shelf/notes.jpg").headers["Location"])
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    assert fetched.headers["Content-Disposition"] == "attachment"
    missing = api.get("/content/api/shelf/notes.jpg", rendition="thumbnail")
    assert error_of(missing) == (404, "ThumbnailNotFound", "the image has no thumbnail")


def test_an_image_is_analysed_again(api: Api) -> None:
    older, newer = "api/again/cat.jpg", "api/again/coffee.jpg"
    for key, name in ((older, "cat.jpg"), (newer, "coffee.jpg")):
        api.put(key, (SAMPLES / name).read_bytes())
        api.wait_for(key)
    before = api.wait_for(older)
    assert api.search(prefix="api/again/") == [newer, older]

    response = api.post("/analyses", {"ImageId": older})

    assert (response.status_code, response.json()) == (202, {"ImageId": older})
    again = wait_for(
        lambda: (image := api.wait_for(older))["AnalyzedAt"] > before["AnalyzedAt"] and image,
        seconds=SECONDS,
        what="a new analysis",
    )
    assert again["Labels"] == before["Labels"]
    wait_for(lambda: api.search(prefix="api/again/") == [older, newer], seconds=SECONDS, what="the image first")
    assert api.search(prefix="api/again/", order="confidence", label="Cat") == [older]


def test_labels_are_counted_and_removed_with_their_images(api: Api) -> None:
    def count() -> int:
        labels = api.get("/labels", prefix="CA", limit=100).json()["Labels"]
        return next((label["Count"] for label in labels if label["Name"] == "Cat"), 0)

    def cats() -> int:
        """Count those of all tests, page by page."""
        found, query = 0, {"label": "Cat", "limit": 100}
        while True:
            page = api.get("/images", **query).json()
            found += len(page["Images"])
            if "NextToken" not in page:
                return found
            query["nextToken"] = page["NextToken"]

    wait_for(lambda: count() == cats() > 0, seconds=SECONDS, what="as many cats counted as found")
    before = count()
    api.put("api/second.jpg", CAT)
    wait_for(lambda: count() == before + 1, seconds=SECONDS, what="one cat more")
    api.stack.call("DELETE", "/images/api/second.jpg")
    wait_for(lambda: count() == before, seconds=SECONDS, what="one cat less")
    cat = api.get("/labels", prefix="cat").json()["Labels"][0]
    assert {"Name": "Animal"} in cat["Parents"]


def test_labels_come_in_alphabetical_order_page_by_page(api: Api) -> None:
    names: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = api.get("/labels", **query).json()
        names += [label["Name"] for label in page["Labels"]]
        if "NextToken" not in page:
            break
        assert len(page["Labels"]) == 3
        query["nextToken"] = page["NextToken"]
    assert names == sorted(names, key=str.casefold)
    assert {"Cat", "Animal"} <= set(names)


def test_statistics_add_up(api: Api) -> None:
    def images() -> dict[str, int]:
        return dict(api.get("/stats").json()["Images"])

    wait_for(lambda: images()["ANALYZED"] >= 2 and images()["REJECTED"] >= 1, seconds=SECONDS, what="all counted")
    counts = images()
    assert counts.pop("Total") == sum(counts.values())
    assert api.get("/stats").json()["Labels"] > 2


def test_health(api: Api) -> None:
    response = api.get("/health")
    assert (response.status_code, response.json()["Status"]) == (200, "OK")


@pytest.mark.parametrize(
    ("path", "query", "code", "parameter"),
    [
        ("/images", {"lable": "Dog"}, "UnknownParameter", "lable"),
        ("/images", {"limit": "0"}, "InvalidParameter", "limit"),
        ("/images", {"limit": "101"}, "InvalidParameter", "limit"),
        ("/images", {"limit": "1e1"}, "InvalidParameter", "limit"),
        ("/images", {"limit": ["1", "2"]}, "InvalidParameter", "limit"),
        ("/images", {"label": ["x"] * 11}, "InvalidParameter", "label"),
        ("/images", {"label": ""}, "InvalidParameter", "label"),
        ("/images", {"minConfidence": "NaN"}, "InvalidParameter", "minConfidence"),
        ("/images", {"minConfidence": "100.1"}, "InvalidParameter", "minConfidence"),
        ("/images", {"status": "REMOVED"}, "InvalidParameter", "status"),
        ("/images", {"from": "2026-01-01T00:00:00"}, "InvalidParameter", "from"),
        ("/images", {"to": "yesterday"}, "InvalidParameter", "to"),
        ("/images", {"order": "confidence"}, "InvalidParameter", "order"),
        ("/images", {"nextToken": "abc"}, "InvalidNextToken", "nextToken"),
        ("/images/x", {"label": "Dog"}, "UnknownParameter", "label"),
        ("/images/" + "x" * 1025, {}, "InvalidParameter", "ImageId"),
        ("/content/x", {"rendition": "poster"}, "InvalidParameter", "rendition"),
        ("/labels", {"prefix": "x" * 101}, "InvalidParameter", "prefix"),
        ("/stats", {"x": "y"}, "UnknownParameter", "x"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api: Api, path: str, query: Query, code: str, parameter: str) -> None:
    status, given_code, message = error_of(api.get(path, **query))
    assert (status, given_code) == (400, code)
    assert message.startswith(f"{parameter}: ")


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/images", "{", "InvalidBody"),
        ("/images", "[]", "InvalidBody"),
        ("/images", '{"ContentType": NaN}', "InvalidBody"),
        ("/images", {}, "InvalidParameter"),
        ("/images", {"ContentType": "text/html"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "folder/"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "${filename}"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "é" * 513}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "\ud800"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "a", "Prefix": "b"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "ImageId": "line\r\nbreak.png"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "Prefix": "line\nbreak/"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "MaxBytes": True}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "MaxBytes": "5"}, "InvalidParameter"),
        ("/images", {"ContentType": "image/png", "Size": 1}, "UnknownParameter"),
        ("/analyses", {}, "InvalidParameter"),
        ("/analyses", {"ImageId": 7}, "InvalidParameter"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(api: Api, path: str, body: Any, code: str) -> None:
    assert error_of(api.post(path, body))[:2] == (400, code)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/images/none.jpg", None),
        ("DELETE", "/images/none.jpg", None),
        ("GET", "/content/none.jpg", None),
        ("POST", "/analyses", '{"ImageId": "none.jpg"}'),
    ],
)
def test_an_unknown_image_is_not_found(api: Api, method: str, path: str, body: str | None) -> None:
    request: dict[str, Any] = {"content": body} if body else {}
    response = api.stack.call(method, path, **request)
    assert error_of(response) == (404, "ImageNotFound", "there is no such image")


def test_an_unknown_path_and_an_unknown_method_are_refused_by_the_gateway(api: Api) -> None:
    assert api.get("/nothing").status_code == 403
    assert api.stack.call("PUT", "/stats").status_code == 403


def _trashed(api: Api) -> dict[str, dict[str, Any]]:
    images = api.get("/trash", limit=100).json()["Images"]
    return {image["ImageId"]: image for image in images if image["ImageId"].startswith("api/")}


def test_a_removed_image_comes_back_from_the_trash_or_is_gone_for_good(api: Api) -> None:
    key = "api/ü trash.jpg"
    path = quote(key, safe="")
    api.put(key, CAT)
    labels = api.wait_for(key)["Labels"]
    api.stack.call("DELETE", f"/images/{path}")
    api.wait_until_gone(key)
    trashed = _trashed(api)[key]
    assert httpx.get(trashed["Url"]).content == CAT
    assert (trashed["Bytes"], trashed["DeletedAt"] < trashed["ExpiresAt"]) == (len(CAT), True)
    assert api.stack.call("POST", f"/trash/{path}").json() == {"ImageId": key}
    assert api.wait_for(key)["Labels"] == labels
    assert key not in _trashed(api)
    for method in ("POST", "DELETE"):
        assert error_of(api.stack.call(method, f"/trash/{path}"))[:2] == (409, "KeyTaken")
    api.stack.call("DELETE", f"/images/{path}")
    api.wait_until_gone(key)
    assert api.stack.call("DELETE", f"/trash/{path}").status_code == 204
    assert key not in _trashed(api)
    assert error_of(api.stack.call("POST", f"/trash/{path}"))[:2] == (404, "ImageNotFound")


def test_an_overwritten_image_gets_an_earlier_content_back(api: Api) -> None:
    key = "api/versions.jpg"
    api.put(key, CAT)
    first = api.wait_for(key)["Sha256"]
    api.put(key, (SAMPLES / "coffee.jpg").read_bytes())
    wait_for(lambda: api.wait_for(key)["Sha256"] != first, seconds=SECONDS, what="the second content")
    path = f"/versions/{quote(key, safe='')}"
    newest, oldest = api.get(path).json()["Versions"]
    assert (newest["IsLatest"], oldest["IsLatest"], oldest["Bytes"]) == (True, False, len(CAT))
    assert httpx.get(oldest["Url"]).content == CAT
    assert api.post(path, {"VersionId": oldest["VersionId"]}).status_code == 202
    wait_for(lambda: api.wait_for(key)["Sha256"] == first, seconds=SECONDS, what="the first content")
    assert len(api.get(path).json()["Versions"]) == 3
    assert error_of(api.post(path, {"VersionId": "none"}))[:2] == (404, "VersionNotFound")


def test_a_person_corrects_labels_and_takes_it_back(api: Api) -> None:
    key = "api/corrected.jpg"
    api.put(key, CAT + b"corrected by the API")  # a correction is of every image of a content
    before = api.wait_for(key)
    body = {"Add": ["Corrected Label"], "Remove": ["cat"]}
    image = api.stack.call("PATCH", f"/images/{quote(key, safe='')}", content=json.dumps(body)).json()
    assert image["Corrections"] == {"Added": ["Corrected Label"], "Removed": ["cat"]}
    assert (image["Labels"][0]["Name"], image["Labels"][0]["Source"]) == ("Corrected Label", "PERSON")
    wait_for(lambda: api.search(label="corrected label", prefix=key) == [key], seconds=SECONDS, what="the added label")
    wait_for(lambda: api.search(label="Cat", prefix=key) == [], seconds=SECONDS, what="the removed label gone")
    assert api.post("/analyses", {"ImageId": key}).status_code == 202
    again = wait_for(
        lambda: (found := api.wait_for(key))["AnalyzedAt"] > before["AnalyzedAt"] and found,
        seconds=SECONDS,
        what="another analysis",
    )
    assert (again["Corrections"], again["Labels"]) == (image["Corrections"], image["Labels"])
    body = {"Undo": ["corrected label", "CAT"]}
    undone = api.stack.call("PATCH", f"/images/{quote(key, safe='')}", content=json.dumps(body)).json()
    assert (undone["Labels"], "Corrections" in undone) == (before["Labels"], False)
    wait_for(lambda: api.search(label="Cat", prefix=key) == [key], seconds=SECONDS, what="the label back")
    wrongs: list[dict[str, Any]] = [
        {},
        {"Add": []},
        {"Add": ["a"], "Undo": ["A"]},
        {"Add": [" a"]},
        {"Add": "a"},
        {"Other": ["a"]},
    ]
    for wrong in wrongs:
        response = api.stack.call("PATCH", f"/images/{quote(key, safe='')}", content=json.dumps(wrong))
        assert response.status_code == 400, wrong


def test_a_correction_follows_its_content_to_another_key_and_to_copies(api: Api) -> None:
    content = BytesIO()
    Image.new("RGB", (90, 90), (98, 76, 54)).save(content, "PNG")
    key, moved = "api/moved/from.png", "api/moved/to.png"
    copies = ["api/moved/copy.png", "api/moved/copy too.png"]
    for each in (key, *copies):
        api.put(each, content.getvalue())
        api.wait_for(each)

    def are_copies() -> bool:  # the table's stream tells which images are copies, within a second
        groups = api.get("/duplicates", limit=100).json()["Groups"]
        return any([image["ImageId"] for image in group["Images"]] == sorted([*copies, key]) for group in groups)

    wait_for(are_copies, seconds=SECONDS, what="the copies")
    body = json.dumps({"Add": ["Moved Label"]})
    assert api.stack.call("PATCH", f"/images/{quote(key, safe='')}", content=body).status_code == 200

    def found() -> list[str]:
        return sorted(api.search(label="Moved Label", prefix="api/moved/"))

    wait_for(lambda: found() == sorted([*copies, key]), seconds=SECONDS, what="the copy")
    s3 = api.stack.client("s3")
    s3.copy_object(Bucket=api.stack.bucket, Key=moved, CopySource={"Bucket": api.stack.bucket, "Key": key})
    s3.delete_object(Bucket=api.stack.bucket, Key=key)
    wait_for(lambda: found() == sorted([*copies, moved]), seconds=SECONDS, what="the new key")
    api.put(moved, content.getvalue())
    assert api.wait_for(moved)["Corrections"] == {"Added": ["Moved Label"], "Removed": []}


def test_images_of_one_content_are_a_group_until_one_is_left(api: Api) -> None:
    content = BytesIO()
    Image.new("RGB", (90, 90), (12, 34, 56)).save(content, "PNG")
    keys = ["api/copy 1.png", "api/copy 2.png"]
    for key in keys:
        api.put(key, content.getvalue())
        sha256 = api.wait_for(key)["Sha256"]

    def group() -> list[str]:
        groups = api.get("/duplicates", limit=100).json()["Groups"]
        return [image["ImageId"] for group in groups if group["Sha256"] == sha256 for image in group["Images"]]

    wait_for(lambda: group() == keys, seconds=SECONDS, what="the group")
    api.stack.call("DELETE", f"/images/{quote(keys[0], safe='')}")
    wait_for(lambda: group() == [], seconds=SECONDS, what="the group gone")


def test_images_that_look_alike_are_grouped_told_apart_and_grouped_again(api: Api) -> None:
    patches = Image.frombytes("RGB", (9, 7), random.Random(7).randbytes(3 * 9 * 7))
    picture = patches.resize((640, 480), Image.Resampling.BICUBIC)  # alike to no image of another test
    versions = {"api/alike/large.png": picture, "api/alike/small.png": picture.reduce(2)}
    contents = []
    for key, version in versions.items():
        api.put(key, encoded("PNG", version))
        contents.append(api.wait_for(key)["Sha256"])

    def group() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        is_last = False
        while not is_last:
            page = api.get("/duplicates", near="true", limit=100, **token).json()
            found += page["Groups"]
            is_last, token = "NextToken" not in page, {"nextToken": page.get("NextToken", "")}
        return [each for each in found if {*versions} <= {image["ImageId"] for image in each["Images"]}]

    def decide(are_duplicates: bool) -> int:
        body = json.dumps({"Contents": contents, "AreDuplicates": are_duplicates})
        headers = {"Content-Type": "application/json"}
        return api.stack.call("PATCH", "/duplicates", content=body, headers=headers).status_code

    found = wait_for(group, seconds=SECONDS, what="the group")
    assert [(each["Kind"], each["Keep"]) for each in found] == [
        ("NEAR", {"ImageId": "api/alike/large.png", "Reason": "PIXELS"})
    ]
    assert (decide(False), group()) == (200, [])
    assert (decide(True), len(group())) == (200, 1)
    api.stack.call("DELETE", f"/images/{quote('api/alike/small.png', safe='')}")
    wait_for(lambda: not group(), seconds=SECONDS, what="the group gone")
