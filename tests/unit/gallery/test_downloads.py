"""Several images come as one zip, each as it is, with its own time and a name that can be unpacked."""

from __future__ import annotations

import asyncio
import io
import json
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import httpx
import pytest

from tests.support.fake_api import image
from tests.unit.gallery.conftest import HOME, Door
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Status
from viewfinder.operations.signing import Signer


def fetched(door: Door, image_ids: list[str]) -> ZipFile:
    """Choose images and fetch their zip; the address is good in the same application only."""

    async def fetch() -> bytes:
        behind = httpx.AsyncClient(transport=httpx.ASGITransport(door.api.application()))
        api = SignedApi("http://api.test/prod", Signer(door.session), behind)
        application = gallery_app(api, door.guard, Status(door.session, door.sources))
        async with behind, httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=HOME) as client:
            chosen = await client.post("/downloads", json={"ImageIds": image_ids}, headers=door.token)
            answer = await client.get(chosen.json()["Url"])
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
            assert (await client.get(chosen.json()["Url"])).status_code == 404, "it is fetched once"
            return answer.content

    return ZipFile(io.BytesIO(asyncio.run(fetch())))


def zipped(door: Door, image_ids: list[str]) -> dict[str, bytes]:
    with fetched(door, image_ids) as archive:
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {ZIP_STORED}
        return {name: archive.read(name) for name in archive.namelist()}


def members(door: Door, image_ids: list[str]) -> list[ZipInfo]:
    with fetched(door, image_ids) as archive:
        return archive.infolist()


def test_several_images_come_as_one_zip_and_what_is_gone_is_named(door: Door) -> None:
    door.api.images = [image("trip/a b.jpg"), image("trip/\u00e9.png")]

    found = zipped(door, ["trip/a b.jpg", "gone.jpg", "../up.jpg", "trip/\u00e9.png", "trip/a b.jpg"])

    assert list(found) == ["trip/a b.jpg", "trip/\u00e9.png", "NOT INCLUDED.txt"]
    assert found["trip/a b.jpg"].startswith(b"\x89PNG")
    assert found["NOT INCLUDED.txt"] == b"gone.jpg\n../up.jpg"


@pytest.mark.parametrize(
    "body", [{}, [], {"ImageIds": []}, {"ImageIds": [1]}, {"ImageIds": "a"}, {"ImageIds": ["a"] * 1001}]
)
def test_a_download_names_between_one_and_a_thousand_images(door: Door, body: object) -> None:
    answer = door.ask("POST", "/downloads", json=body, headers=door.token)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidBody")


def test_a_download_is_chosen_with_the_token_only(door: Door) -> None:
    assert door.ask("POST", "/downloads", json={"ImageIds": ["a.jpg"]}).status_code == 403


def test_a_member_has_the_time_at_which_its_picture_was_taken(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    taken = ("2019-06-12T14:30:21.000000", "1972-01-02T03:04:05.000000")
    door.api.images = [
        *(image(f"{time[:4]}.jpg", Facts={"TakenAt": time}) for time in taken),
        image("never.jpg"),
    ]

    times = {entry.filename: entry.date_time for entry in members(door, ["2019.jpg", "1972.jpg", "never.jpg"])}

    assert times["2019.jpg"] == (2019, 6, 12, 14, 30, 20)  # to two seconds
    assert times["1972.jpg"][0] == 1980  # there is no earlier one
    assert times["never.jpg"] == (2026, 11, 22, 9, 30, 0)  # that of the object


@pytest.mark.parametrize("image_id", ["\ud800.jpg", "a/\udfff"], ids=["first half", "second half"])
def test_half_a_character_is_no_name(door: Door, image_id: str) -> None:
    body = json.dumps({"ImageIds": [image_id]}).encode()

    answer = door.ask("POST", "/downloads", content=body, headers=door.token)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidBody")


def test_brackets_without_end_are_refused(door: Door) -> None:
    answer = door.ask("POST", "/downloads", content=b"[" * 100_000, headers=door.token)

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (400, "InvalidBody")
