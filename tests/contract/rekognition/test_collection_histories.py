"""Random histories of the operations on collections, with restarts and kills: the answers of a simple model."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.drawn_faces import DrawnFaces, image
from tests.support.examples import examples
from tests.support.face_collections import Model, RefusedError
from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.store import Store
from viewfinder.rekognition.faces.users import Users

Document = dict[str, Any]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

METHODS = {
    **dict.fromkeys(("CreateCollection", "DescribeCollection", "ListCollections", "DeleteCollection"), Collections),
    **dict.fromkeys(("IndexFaces", "ListFaces", "DeleteFaces", "SearchFaces", "SearchFacesByImage"), Collections),
    **dict.fromkeys(("CreateUser", "ListUsers", "DeleteUser", "AssociateFaces", "DisassociateFaces"), Users),
    **dict.fromkeys(("SearchUsers", "SearchUsersByImage"), Users),
}

NAMES = st.sampled_from(["family"] * 5 + ["staff"])
USERS = st.sampled_from(["ann", "bob", "cyd"])
FACES = st.lists(st.integers(0, 6), min_size=1, max_size=4)
"""Faces by the order in which their ids were first answered; those that are not there yet are unknown."""

THRESHOLDS = st.sampled_from([0.0, 50.0, 80.0, 99.0, 100.0])
DRAWN = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([8, 14, 40])),
    max_size=3,
    unique_by=lambda face: face[2],  # which of two faces of a size is the larger is nobody's business
)


def requests(operation: str) -> st.SearchStrategy[tuple[str, Document, list[Any] | None]]:
    required: Document = {} if operation == "ListCollections" else {"CollectionId": NAMES}
    optional: Document = {}
    if operation in {"CreateUser", "DeleteUser", "AssociateFaces", "DisassociateFaces"}:
        required["UserId"] = USERS
        optional["ClientRequestToken"] = st.sampled_from(["one", "two"])
    if operation in {"AssociateFaces", "DisassociateFaces", "DeleteFaces"}:
        required["FaceIds"] = FACES
    if operation == "AssociateFaces":
        optional["UserMatchThreshold"] = THRESHOLDS
    if operation == "SearchFaces":
        required["FaceId"] = st.integers(0, 6)
    if operation in {"SearchFaces", "SearchFacesByImage"}:
        optional |= {"FaceMatchThreshold": THRESHOLDS, "MaxFaces": st.integers(1, 3)}
    if operation in {"SearchUsers", "SearchUsersByImage"}:
        optional |= {"UserMatchThreshold": THRESHOLDS, "MaxUsers": st.integers(1, 2)}
    if operation == "IndexFaces":
        optional |= {
            "ExternalImageId": st.just("party"),
            "MaxFaces": st.integers(1, 2),
            "QualityFilter": st.just("NONE"),
        }
    if operation == "ListFaces":
        optional |= {"UserId": USERS, "FaceIds": FACES}
    drawn = DRAWN if operation in {"IndexFaces", "SearchFacesByImage", "SearchUsersByImage"} else st.none()
    documents = st.fixed_dictionaries(required, optional=optional)
    if operation == "SearchUsers":
        which = st.one_of(
            st.fixed_dictionaries({"UserId": USERS}), st.fixed_dictionaries({"FaceId": st.integers(0, 6)})
        )
        documents = st.builds(lambda one, other: one | other, documents, which)
    return st.tuples(st.just(operation), documents, drawn)


STEPS = st.one_of(
    requests("IndexFaces"),
    requests("AssociateFaces"),
    *(requests(operation) for operation in METHODS),
    st.sampled_from(["restart", "kill"]).map(lambda name: (name, {}, None)),
)
BEGIN = [
    ("CreateCollection", {"CollectionId": "family"}, None),
    ("IndexFaces", {"CollectionId": "family"}, [(0, 0, 40), (2, 1, 14)]),
    ("IndexFaces", {"CollectionId": "family"}, [(0, 1, 40), (3, 0, 14)]),
    ("CreateUser", {"CollectionId": "family", "UserId": "ann"}, None),
    ("CreateUser", {"CollectionId": "family", "UserId": "bob"}, None),
    ("AssociateFaces", {"CollectionId": "family", "UserId": "ann", "FaceIds": [0, 2]}, None),
]
"""Most histories of nothing but chance would stay in an empty store."""


def serve(connection: Any, path: str) -> None:
    """Answer requests in a process of its own until it is told to stop, or killed."""
    collections = Collections(Store(path), DrawnFaces, region="us-east-1", max_faces=1000)  # type: ignore[arg-type]
    answering = {Collections: collections, Users: Users(collections)}
    while request := connection.recv():
        operation, *arguments = request
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]
        try:
            connection.send(getattr(answering[METHODS[operation]], name)(*arguments))
        except EngineError as error:
            connection.send(error.code)
    collections.store.close()


class Server:
    """A process with the store, which can be restarted and killed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start()

    def _start(self) -> None:
        self._connection, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=serve, args=(theirs, str(self._path)))
        self._process.start()
        theirs.close()

    def stop(self, *, kill: bool) -> None:
        if kill:
            self._process.kill()
        else:
            self._connection.send(None)
        self._process.join(20)
        assert self._process.exitcode is not None
        self._connection.close()

    def again(self, *, kill: bool) -> None:
        self.stop(kill=kill)
        self._start()

    def send(self, *request: Any) -> None:
        self._connection.send(request)

    def answer(self, *request: Any) -> Document:
        self.send(*request)
        response = self._connection.recv()
        if isinstance(response, str):
            raise RefusedError(response)
        return dict(response)


@contextmanager
def server() -> Iterator[Server]:
    with TemporaryDirectory() as folder:
        running = Server(Path(folder) / "collections.sqlite")
        try:
            yield running
        finally:
            running.stop(kill=True)


class Side:
    """One of the two that answer: its ids by the order in which it gave them."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def named(self, request: Document) -> Document:
        """Return a request with ids for the numbers of faces."""
        changed = dict(request)
        if "FaceId" in request:
            changed["FaceId"] = self._id(request["FaceId"])
        if "FaceIds" in request:
            changed["FaceIds"] = [self._id(number) for number in request["FaceIds"]]
        return changed

    def _id(self, number: int) -> str:
        return self.ids[number] if number < len(self.ids) else "00000000-0000-0000-0000-000000000000"

    def learn(self, face_ids: list[str]) -> None:
        self.ids += [face_id for face_id in face_ids if face_id not in self.ids]

    def numbered(self, value: Any) -> Any:
        """Return an answer with numbers for the ids, and similarities that two kinds of arithmetic agree on."""
        if isinstance(value, dict):
            return {name: self.numbered(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.numbered(entry) for entry in value]
        if isinstance(value, float):
            return round(value, 1)
        return self.ids.index(value) if value in self.ids else value


def essence(operation: str, answer: Document) -> Document:  # noqa: PLR0911 - one for each kind of answer
    """Return what the model says, from the response of the engine."""

    def face(document: Document) -> list[Any]:
        return [document["FaceId"], document.get("ExternalImageId"), document.get("UserId")]

    match operation:
        case "CreateCollection" | "DeleteCollection":
            return {"StatusCode": answer["StatusCode"]}
        case "ListCollections":
            return {"CollectionIds": answer["CollectionIds"]}
        case "DescribeCollection":
            return {name: answer[name] for name in ("FaceCount", "UserCount")}
        case "IndexFaces":
            records = [face(record["Face"]) for record in answer["FaceRecords"]]
            return {"FaceRecords": records, "UnindexedFaces": [one["Reasons"] for one in answer["UnindexedFaces"]]}
        case "ListFaces":
            return {"Faces": [face(one) for one in answer["Faces"]]}
        case "SearchFaces" | "SearchFacesByImage":
            return {"FaceMatches": [[match["Similarity"], *face(match["Face"])] for match in answer["FaceMatches"]]}
        case "ListUsers":
            return {"Users": [[user["UserId"], user["UserStatus"]] for user in answer["Users"]]}
        case "SearchUsers" | "SearchUsersByImage":
            return {"UserMatches": [[one["Similarity"], one["User"]["UserId"]] for one in answer["UserMatches"]]}
        case "AssociateFaces" | "DisassociateFaces":
            done = "AssociatedFaces" if operation == "AssociateFaces" else "DisassociatedFaces"
            failed = answer[
                "UnsuccessfulFaceAssociations" if operation == "AssociateFaces" else "UnsuccessfulFaceDisassociations"
            ]
            return {
                done: [one["FaceId"] for one in answer[done]],
                "Unsuccessful": [[one["FaceId"], *one["Reasons"]] for one in failed],
                "Status": answer["UserStatus"],
            }
    return answer


@settings(
    max_examples=examples(50),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes: each example has processes
)
@given(st.lists(STEPS, min_size=24, max_size=24))
def test_histories_get_the_answers_of_a_simple_model(steps: list[Any]) -> None:
    with server() as running:
        model, ours, theirs = Model(), Side(), Side()
        for operation, request, drawn in BEGIN + steps:
            if operation in {"restart", "kill"}:
                running.again(kill=operation == "kill")
                continue
            pictures = () if drawn is None else (image(*drawn),)
            try:
                expected = model.answer(operation, theirs.named(request), drawn)
            except RefusedError as refusal:
                expected = {"refused": str(refusal)}
            try:
                found = essence(operation, running.answer(operation, ours.named(request), *pictures))
            except RefusedError as refusal:
                found = {"refused": str(refusal)}
            if operation == "IndexFaces" and "refused" not in expected | found:
                theirs.learn([record[0] for record in expected["FaceRecords"]])
                ours.learn([record[0] for record in found["FaceRecords"]])
            most = request.get("MaxFaces", request.get("MaxUsers"))
            answers = same(ours.numbered(found), most), same(theirs.numbered(expected), most)
            assert answers[0] == answers[1], (operation, request, drawn)


def same(answer: Any, most: int | None) -> Any:
    """Return an answer with one order for what has none: equally alike matches, and failures.

    Where an answer has the most that were asked for, any of those as alike as its last may be among them.
    """
    for name in ("FaceMatches", "UserMatches"):
        if name in answer:
            matches = sorted(answer[name], key=lambda match: (-match[0], match[1]))
            if len(matches) == most:
                matches = [match if match[0] > matches[-1][0] else match[:1] for match in matches]
            return answer | {name: matches}
    if "Unsuccessful" in answer:
        return answer | {"Unsuccessful": sorted(answer["Unsuccessful"], key=str)}
    return answer
