"""A release's three functions on one catalog, and the history that happens to them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Protocol
from urllib.parse import quote

from tools.formats.buckets import Buckets
from tools.formats.history import PICTURES, Step
from tools.formats.stand_ins import Clock, Queue, RecordingTable, Rekognition

MAX_RECEIVE_COUNT = 8
_CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


class Release(Protocol):
    """What the world has to know of a release's code."""

    path_is_encoded: bool
    has_trash: bool

    def application(self, home: Home, features: str, *, uses_engine: bool = False) -> Any:
        """Return the release's `Application` on these clients, with its clock fixed.

        `uses_engine`: analyses are kept as those of the engine in the same process, though it is not asked.
        """

    def hold_lease(self, application: Any, sha256: str) -> None:
        """Take the lease on a content's analysis, and keep it."""


class Home:
    """Clients, clock and catalog of one world; `database` is the path of an SQLite file ("": the table)."""

    def __init__(self, session: Any, table: RecordingTable, database: str = "") -> None:
        self.session = session
        self.table = table
        self.database = database
        self.clock = Clock()
        self.queue = Queue()
        self.rekognition = Rekognition()
        self.s3 = session.client("s3")
        self.buckets = Buckets(self.s3)


class World:
    """Each method but the last ones is a step of the history; `bodies` are all that the queue has carried."""

    def __init__(self, tree: Path, release: Release, home: Home) -> None:
        self._release = release
        self._home = home
        self._images, self._api, self._counts = (
            _load(tree / "lambdas" / name / "handler.py")
            for name in ("image_processing", "api_handler", "label_statistics")
        )
        self._use("LABELS")
        self._is_counting = not home.database
        self.counted = 0
        self.bodies: list[str] = []

    def run(self, steps: list[Step]) -> None:
        """Let it all happen; what a step puts into the queue is delivered before the next one."""
        for step in steps:
            getattr(self, step.action)(**step.arguments)
            while self._home.queue.bodies:
                self._deliver(self._home.queue.bodies.pop(0))
            if self._is_counting:
                self.count()

    def put(self, key: str, content: str) -> None:
        """Somebody puts an object."""
        self._deliver(self._home.buckets.put(key, PICTURES[content]))

    def put_throttled(self, key: str, content: str) -> None:
        """The detector refuses until the queue gives up."""
        self._home.rekognition.is_throttling = True
        body = self._home.buckets.put(key, PICTURES[content])
        self._deliver(body, count=1)
        self._deliver(body, count=MAX_RECEIVE_COUNT)
        self._home.rekognition.is_throttling = False

    def put_for_engine(self, key: str, content: str) -> None:
        """The operator tries the engine for a while."""
        self._use(self._features, uses_engine=True)
        self.put(key, content)
        self._use(self._features)

    def delete(self, key: str) -> None:
        """Somebody deletes an object."""
        self._deliver(self._home.buckets.delete(key))

    def delete_unknown(self, key: str) -> None:
        """The object was put and deleted before the first message came."""
        self._home.buckets.put(key, PICTURES["late"])
        self._deliver(self._home.buckets.delete(key))

    def restore(self, key: str, content: str) -> None:
        """From the trash, or before there was one, by putting it again."""
        if not self._release.has_trash:
            self.put(key, content)
            return
        self.call("POST", "/trash/{ImageId+}", key)
        self._deliver(self._home.buckets.copied(key))

    def call(self, method: str, path: str, key: str, body: Any = None) -> None:
        """Somebody calls the API; raise AssertionError where it refuses."""
        answer = self.answer(method, path, key=key, body=body)
        if answer["Status"] >= 300:
            raise AssertionError(f"{method} {path} {key}: {answer}")

    def expire_tombstone(self, key: str) -> None:
        """The table's time to live deletes a record; SQLite does that by itself, when it writes."""
        if not self._home.database:
            self._home.table.expire(key)

    def hold_lease(self, content: str) -> None:
        """An image function is killed while it analyses."""
        self._release.hold_lease(self._api.application, hashlib.sha256(PICTURES[content]).hexdigest())

    def ask_for_all_features(self) -> None:
        """The operator turns text and faces on."""
        self._use("LABELS,TEXT,FACES")

    def stop_counting(self) -> None:
        """From now on changes wait in the stream."""
        self.count()
        self._is_counting = False

    def count(self) -> None:
        """Let the counting function read the rest of the stream."""
        if waiting := self._home.table.stream[self.counted :]:
            self._counts.handler({"Records": waiting}, None)
            self.counted += len(waiting)

    def answer(
        self, method: str, path: str, *, key: str = "", query: Mapping[str, list[str]] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """Ask the API function as API Gateway does."""
        written = quote(key, safe="/") if self._release.path_is_encoded else key
        event = {
            "httpMethod": method,
            "resource": path,
            "path": path.replace("{ImageId+}", written),
            "pathParameters": {"ImageId": written} if key else None,
            "multiValueQueryStringParameters": query,
            "requestContext": {"requestId": "request", "identity": {"caller": "AIDAEXAMPLE"}},
            "body": None if body is None else json.dumps(body),
        }
        response = self._api.handler(event, _CONTEXT)
        return {"Status": response["statusCode"], "Body": json.loads(response["body"] or "null")}

    def _deliver(self, body: str, count: int = 1) -> None:
        if body not in self.bodies:
            self.bodies.append(body)
        record = {
            "messageId": str(len(self.bodies)),
            "receiptHandle": "receipt",
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(count)},
        }
        self._images.handler({"Records": [record]}, _CONTEXT)

    def _use(self, features: str, *, uses_engine: bool = False) -> None:
        self._features = features
        application = self._release.application(self._home, features, uses_engine=uses_engine)
        for function in (self._images, self._api, self._counts):
            function.application = application  # type: ignore[attr-defined]


def _load(file: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(f"function_{file.parent.name}", file)
    if specification is None or specification.loader is None:
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
