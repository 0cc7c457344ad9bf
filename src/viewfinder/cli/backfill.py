"""`viewfinder backfill`: have what the images bucket holds already analysed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import new_console, passed_over, print_json, say
from viewfinder.cli._target import Target, confirm_calls, on_stack
from viewfinder.domain.feature import detector_calls

if TYPE_CHECKING:
    from viewfinder.ports import Listing
    from viewfinder.usecases.backfill import Tally

_DAYS = re.compile(r"(\d{1,5})d")
_SECONDS_OF_DETECTOR = {"Rekognition": 0.4, "Engine": 0.5}
"""Of an image, about: with its fetch and its record (docs/scale.md has measurements)."""


@on_stack
def backfill(
    target: Target,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show number, bytes and price, and send nothing.")] = False,
    max_rate: Annotated[
        float, typer.Option(min=0, help="Maximum number of images a second.", show_default="as many as possible")
    ] = 0.0,
    newer_than: Annotated[
        str,
        typer.Option(
            metavar="DATE|DAYSd", help="Only objects modified since, as 2026-01-31 or 30d.", show_default="all"
        ),
    ] = "",
    manifest: Annotated[
        str,
        typer.Option(
            metavar="s3://...", help="manifest.json of S3 Inventory (CSV) to read instead of listing the bucket."
        ),
    ] = "",
    as_json: AsJson = False,
    yes: Yes = False,
) -> None:
    """Have every object analysed that the images bucket holds; the same command goes on after an interruption."""
    from viewfinder.adapters.listings import S3Marks
    from viewfinder.usecases.backfill import Backfill

    application, settings = target.application, target.settings
    target.require("emulator", "engine")
    work = Backfill(
        _listing(target, manifest),
        application.requests,
        S3Marks(
            application.s3_client,
            settings.derived_bucket,
            *(settings.images_bucket, settings.images_prefix, manifest, newer_than),
        ),
        max_bytes=settings.max_object_bytes,
        newer_than=_since(newer_than, time.time()),
        max_rate=max_rate,
    )
    console = new_console(stderr=as_json)
    with console.status("Counting") as status:
        found = work.count(lambda tally: status.update(f"{tally.images:,} images counted"))
    document = _document(found, target, max_rate)
    if dry_run:
        _print(document, found, as_json=as_json)
        return
    if not as_json:
        _print(document, found, as_json=False)
    if not yes:
        confirm_calls(document["Calls"], document["Dollars"], err=as_json)
    with console.status("Sending") as status:
        done = work.run(lambda tally: status.update(f"{tally.images:,} messages of {found.images:,} sent"))
    sent = {"Sent": done.images}
    if as_json:
        print_json(document | sent, indent=None)
    else:
        say(f"{done.images:,} images are in the queue. {target.command('status')} shows how many wait.")


def _listing(target: Target, manifest: str) -> Listing:
    from viewfinder.adapters.listings import BucketListing, InventoryListing

    application, settings = target.application, target.settings
    if not manifest:
        return BucketListing(application.image_objects)
    if not re.fullmatch(r"s3://[^/]+/.+", manifest):
        raise typer.BadParameter("an address like s3://BUCKET/KEY is wanted", param_hint="--manifest")
    return InventoryListing(application.s3_client, manifest, settings.images_bucket, settings.images_prefix)


def _since(text: str, now: float) -> float:
    """Return seconds since 1970; a date without a zone is in UTC."""
    if not text:
        return 0.0
    if days := _DAYS.fullmatch(text):
        return now - int(days[1]) * 86_400
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date like 2026-01-31, nor a number of days like 30d") from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _document(found: Tally, target: Target, max_rate: float) -> dict[str, Any]:
    features = len(target.application.features)
    calls = detector_calls(target.application.features, found.images)
    return {
        "Images": found.images,
        "Bytes": found.bytes,
        "LeftOut": dict(found.left_out),
        "Calls": calls,
        "Dollars": target.price(calls),
        "Hours": round(found.images / _rate(target, features, max_rate) / 3600, 2),
    }


def _rate(target: Target, features: int, max_rate: float) -> float:
    """Return about how many images a second are analysed; the detector's quota may be lower."""
    import os

    workers = max(2, os.cpu_count() or 2) if target.local else int(target.parameters.get("DetectorConcurrency", 5))
    threads = int(target.parameters.get("BatchThreads", 4))
    detector = "Engine" if target.local else target.settings.detector
    rate = workers * (1 if detector == "Engine" else threads) / (_SECONDS_OF_DETECTOR[detector] * features)
    return min(rate, max_rate) if max_rate else rate


def _print(document: dict[str, Any], found: Tally, *, as_json: bool) -> None:
    if as_json:
        print_json(document, indent=None)
        return
    if found.left_out:
        say(passed_over(found.left_out))
    calls, dollars = f"{document['Calls']:,}", f"${document['Dollars']:,.2f}"
    say(
        f"{document['Images']:,} images, {document['Bytes'] / 1e9:,.2f} GB: at most {calls} detector calls, {dollars} "
        f"at list price, about {document['Hours']:,.2f} hours."
    )
