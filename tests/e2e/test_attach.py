"""Attach what exists: a bucket with foreign notifications on an emulator as AWS, and a folder on one machine."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from typer.testing import CliRunner

from tests.e2e.conftest import PROJECT, RunningStack, running
from tests.support.waiting import wait_for
from viewfinder.adapters.webhooks import signature
from viewfinder.cli._target import find_target
from viewfinder.cli.main import app
from viewfinder.local.state import REGION

log = logging.getLogger(__name__)

NAME, BUCKET, PREFIX = "attached", "photos-of-years", "family/"
AS_THE_EMULATOR = ("--parameter", "RequireTls=false", "--parameter", "ApiAccessLogs=Disabled")
SAMPLES = sorted((PROJECT / "samples").glob("*.jpg"))
ODD = ["a b.jpg", "a+b.jpg", "100%.jpg", "ü/ж/🐈.jpg", "a%20b.jpg"]


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def _emulator_as_aws(rehearsal: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rehearsal.local.environment().items():
        monkeypatch.setenv(name, value)


def foreign(stack: RunningStack) -> tuple[str, str]:
    """Make somebody's bucket, whose objects somebody's queue and topic are told of; return the queues of both."""
    s3, sqs, sns = (stack.client(service) for service in ("s3", "sqs", "sns"))
    s3.create_bucket(Bucket=BUCKET)
    queue, told = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("theirs", "told"))
    allowed = {"Effect": "Allow", "Principal": "*", "Action": ["sqs:SendMessage", "sns:Publish"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    for url in (queue, told):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topic = sns.create_topic(Name="theirs", Attributes={"Policy": policy})["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=_arn(sqs, told))
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": [
                {
                    "Id": "theirs",
                    "QueueArn": _arn(sqs, queue),
                    "Events": ["s3:ObjectCreated:*"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "family/"}]}},
                }
            ],
            "TopicConfigurations": [{"Id": "more", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
        },
    )
    return queue, told


def _arn(sqs: Any, url: str) -> str:
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def configuration(stack: RunningStack) -> dict[str, Any]:
    found = stack.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def heard(stack: RunningStack, queue: str, word: str) -> bool:
    """Take messages until one names a key."""
    messages = stack.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return any(word in message["Body"] for message in messages)


def health(stack: RunningStack, outputs: Any) -> dict[str, Any]:
    url = f"{stack.local.record.endpoint_url}/_aws/execute-api/{outputs['ApiId']}/prod/health"
    request = AWSRequest("GET", url)
    keys = stack.local.keys
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "execute-api", REGION).add_auth(request)
    document: dict[str, Any] = httpx.get(url, headers=dict(request.headers), timeout=60).json()
    return document


@pytest.mark.usefixtures("_emulator_as_aws")
@pytest.mark.parametrize("images", [40, pytest.param(300, marks=pytest.mark.soak)])
def test_a_bucket_is_analysed_where_it_is_and_left_as_it_was(rehearsal: RunningStack, images: int) -> None:
    s3 = rehearsal.client("s3")
    queue, told = foreign(rehearsal)
    keys = [f"{PREFIX}{number:03}.jpg" for number in range(images)] + [f"{PREFIX}{name}" for name in ODD[:3]]
    for number, key in enumerate(keys):
        s3.put_object(Bucket=BUCKET, Key=key, Body=SAMPLES[number % 2].read_bytes())
    s3.put_object(Bucket=BUCKET, Key="outside.jpg", Body=SAMPLES[0].read_bytes())
    s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}clip.mp4", Body=b"film")
    before = configuration(rehearsal)

    shown = run("deploy", "--stack", NAME, "--attach", BUCKET, "--prefix", PREFIX, "--yes", *AS_THE_EMULATOR)
    try:
        assert f"EventBridgeConfiguration is added to the notifications of {BUCKET}" in shown
        assert configuration(rehearsal) == before | {"EventBridgeConfiguration": {}}
        target = find_target(NAME)
        records = target.application.records

        def status_of(key: str) -> str:
            found = records.find_many([key])
            return str(found[key].status) if found else ""

        _look_at_what_is_there(target, keys, records)
        _follow_changes(rehearsal, (queue, told), status_of)
        _require_read_only(rehearsal, target)
    finally:
        kept = run("destroy", "--stack", NAME, "--delete-data", "--yes")

    assert f"Stays: {BUCKET} (attached), with every object" in kept
    assert configuration(rehearsal) == before
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
    left = {entry["Key"] for page in pages for entry in page["Contents"]}
    assert left == {*keys, "outside.jpg", f"{PREFIX}clip.mp4", *(f"{PREFIX}{name}" for name in ODD)} - {keys[0]}


def _look_at_what_is_there(target: Any, keys: list[str], records: Any) -> None:
    plan = json.loads(run("backfill", "--stack", NAME, "--dry-run", "--json"))
    assert (plan["Images"], plan["LeftOut"], records.find_many(keys)) == (len(keys), {".mp4": 1}, {})
    done = json.loads(run("backfill", "--stack", NAME, "--yes", "--json"))
    assert done["Sent"] == len(keys)

    def analyzed() -> bool:
        found = [str(image.status) for image in records.find_many(keys).values()]
        return found.count("ANALYZED") == len(keys)

    wait_for(analyzed, seconds=240, what="every object is analysed")


def _follow_changes(stack: RunningStack, theirs: tuple[str, str], status_of: Any) -> None:
    """Foreign notifications still fire, and the stack sees what is new and gone, below its prefix, under odd names."""

    def is_analyzed(name: str) -> bool:
        return bool(status_of(PREFIX + name) == "ANALYZED")

    s3 = stack.client("s3")
    for name in ODD:
        s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{name}", Body=SAMPLES[0].read_bytes())
    wait_for(lambda: heard(stack, theirs[0], "%F0%9F%90%88"), seconds=30, what="their queue hears of an upload")
    for name in ODD:
        wait_for(partial(is_analyzed, name), seconds=60, what=f"{name} is analysed")
    s3.delete_object(Bucket=BUCKET, Key=f"{PREFIX}000.jpg")
    wait_for(lambda: heard(stack, theirs[1], "000.jpg"), seconds=30, what="their topic hears of a deletion")
    wait_for(lambda: status_of(f"{PREFIX}000.jpg") == "REMOVED", seconds=60, what="a deletion is followed")
    assert status_of("outside.jpg") == ""


def _require_read_only(stack: RunningStack, target: Any) -> None:
    """IAM lets neither role write to the bucket; the API says what it can't do."""
    # and no similar images, as in every stack with DynamoDB and without an index of S3 Vectors
    assert set(health(stack, target.outputs)["Absent"]) == {
        "Uploads",
        "Deletion",
        "Trash",
        "Versions",
        "Similar",
        "Words",
    }
    iam = stack.client("iam")
    roles = [role for role in iam.list_roles()["Roles"] if role["RoleName"].startswith(f"{NAME}-")]
    actions = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketNotification"]
    arns = [f"arn:aws:s3:::{BUCKET}/{PREFIX}000.jpg", f"arn:aws:s3:::{BUCKET}"]
    assert len(roles) >= 3
    for role in roles:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=role["Arn"], ActionNames=[*actions, "s3:GetObject"], ResourceArns=arns
        )
        allowed = {
            found["EvalActionName"] for found in answer["EvaluationResults"] if found["EvalDecision"] == "allowed"
        }
        assert allowed <= {"s3:GetObject"}, role["RoleName"]


@pytest.fixture
def hook() -> Iterator[tuple[list[tuple[Any, bytes]], str]]:
    """A receiver on a port, with what it was sent."""
    sent: list[tuple[Any, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.headers, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield sent, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


def tree(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Every file's time, size and hash, and every folder's time; of what can't be read, nothing."""
    names = [Path(place) / name for place, folders, files in os.walk(folder) for name in (*folders, *files)]
    return {
        str(file): (
            file.lstat().st_mtime_ns,
            file.lstat().st_size,
            hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "",
        )
        for file in sorted([folder, *names])
        if len(os.fsencode(file)) < _LONGEST_PATH
    }


_LONGEST_PATH = 4096
"""Bytes (Linux's PATH_MAX): a longer path can't be opened, by anyone."""


def unreadable(folder: Path) -> None:
    """Make folders below a folder, of which the last ones can't be read, by root neither: their paths are too long."""
    place = os.open(folder, os.O_RDONLY)
    for _ in range(_LONGEST_PATH // 200):
        os.mkdir("d" * 240, dir_fd=place)
        below = os.open("d" * 240, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)


def photo(number: int) -> bytes:
    """Return a photo whose content no other one has: what stands behind a JPEG's end is no part of the picture."""
    return SAMPLES[number % 2].read_bytes() + f"{number}".encode()


@pytest.mark.parametrize("photos", [20, pytest.param(2000, marks=[pytest.mark.soak, pytest.mark.timeout(2400)])])
def test_a_folder_is_followed_and_nothing_in_it_is_changed(
    tmp_path: Path, hook: tuple[list[tuple[Any, bytes]], str], photos: int
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(photos):
        place = folder / f"{number % 7}" / f"{number:04}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(photo(number))
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    unreadable(folder)
    (folder / "notes.txt").write_text("no picture")
    before = tree(folder)
    sent, url = hook
    stacks = running(tmp_path / "data", attach=str(folder), webhook=url)
    stack = next(stacks)
    try:
        wait_for(lambda: counted(stack) == photos, seconds=120 + photos, what="every photo is analysed")
        assert tree(folder) == before
        assert set(stack.call("GET", "/health").json()["Absent"]) == {
            "Uploads",
            "Deletion",
            "Trash",
            "Versions",
            "Words",
        }
        assert stack.call("DELETE", "/images/0/0000.jpg").status_code == 405
        _require_reported(stack, photos)
        _follow_the_folder(stack, folder)
        _require_signed(stack, sent)
    finally:
        next(stacks, None)


def counted(stack: RunningStack) -> int:
    return int(stack.call("GET", "/stats").json()["Images"]["ANALYZED"])


def _require_reported(stack: RunningStack, photos: int) -> None:
    """The circle of links is left out, the folder that can't be read named; both are in the status."""

    def watching() -> dict[str, Any] | None:
        found = stack.local.running.attached
        return found if found and found["State"] == "WATCHING" else None

    found = wait_for(watching, seconds=60, what="the end of the comparison")
    assert found["Pictures"] == photos
    assert found["LeftOut"] == {".txt": 1, "a link to a folder that was read": 1}
    assert [problem.rpartition(": ")[2] for problem in found["Problems"]] == ["File name too long"]
    assert any("File name too long" in problem for problem in stack.local.running.problems())


def _correct(stack: RunningStack, path: str) -> None:
    """Say what a picture shows, as a person does."""
    answer = stack.call("PATCH", path, content=json.dumps({"Add": ["Grandmother"]}))
    assert answer.status_code == 200, answer.text


def _labels(stack: RunningStack, image_id: str) -> set[str]:
    return {label["Name"] for label in stack.image(image_id).json()["Labels"]}


def _follow_the_folder(stack: RunningStack, folder: Path) -> None:
    odd = folder / "a+b c%ü.jpg"
    shutil.copyfile(SAMPLES[2], odd)
    begin = time.monotonic()

    def is_searchable() -> bool:
        return bool(stack.call("GET", "/images?prefix=a%2Bb&status=ANALYZED").json()["Images"])

    wait_for(is_searchable, seconds=60, what="a new file is analysed")
    log.info("seconds until a new file is searchable: %.1f", time.monotonic() - begin)
    original = stack.call("GET", "/content/a%2Bb%20c%25%C3%BC.jpg")
    assert httpx.get(original.headers["location"]).content == SAMPLES[2].read_bytes()
    _correct(stack, "/images/a%2Bb%20c%25%C3%BC.jpg")
    _correct(stack, "/images/1/0001.jpg")
    odd.rename(folder / "moved.jpg")
    wait_for(lambda: stack.answers("moved.jpg", 200), seconds=60, what="a renamed file is analysed")
    wait_for(lambda: stack.answers(odd.name, 404), seconds=60, what="its old name is gone")
    (folder / "1").rename(folder / "one")
    wait_for(lambda: stack.answers("one/0001.jpg", 200), seconds=60, what="a renamed folder is analysed")
    wait_for(lambda: stack.answers("1/0001.jpg", 404), seconds=60, what="its old name is gone")
    assert [("Grandmother" in _labels(stack, name)) for name in ("moved.jpg", "one/0001.jpg", "one/0008.jpg")] == [
        *(True, True, False)
    ]


def _require_signed(stack: RunningStack, sent: list[tuple[Any, bytes]]) -> None:
    def events() -> list[tuple[str, str]]:
        found = [json.loads(body)["data"] for _, body in sent]
        return [(event["Type"], event["ImageId"]) for event in found]

    wanted = ("ImageAnalyzed", "moved.jpg")
    wait_for(lambda: wanted in events(), seconds=60, what="the webhook hears of an image")
    wait_for(lambda: ("ImageRemoved", "a+b c%ü.jpg") in events(), seconds=60, what="the webhook hears of a removal")
    secret = str(stack.local.record.webhook_secret)
    for headers, body in sent:
        expected = signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == expected
