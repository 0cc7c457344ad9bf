"""The address of a locked gallery, as it is copied from a terminal into a browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image, label
from viewfinder.gallery.address import access_segment


def test_the_address_of_the_environment_opens_the_gallery_in_a_browser(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    home = serve_fake(FakeApi([image("a.jpg", label("Dog"))]), access_token="sesame")
    page = open_page(home + access_segment("sesame"))

    expect(page.get_by_role("link", name="a.jpg")).to_be_visible()
    assert page.url == f"{home}/"
    page.goto(f"{home}/?label=Dog")
    expect(page.get_by_role("link", name="a.jpg")).to_be_visible()
