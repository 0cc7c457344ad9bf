"""Amazon Rekognition as far as people need it, behind a real client: botocore's service model checks every call."""

from __future__ import annotations

import base64
import json
from collections import Counter
from typing import Any

from tests.contract.rekognition.service_shapes import check_fits
from tests.support.people import FakeCollection
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.label import box_document

COLLECTION = "photos-people"


class ModelledRekognition:
    """Answers a client's calls from a collection in memory; requests and answers must fit the model, patterns too."""

    def __init__(self, client: Any) -> None:
        self.client, self.known, self.calls = client, FakeCollection(), Counter[str]()
        client.meta.events.register("before-call.rekognition", self._answer)

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        asked = json.loads(params["body"])
        content = base64.b64decode(asked.pop("Image", {}).get("Bytes", ""))  # a blob, which botocore checks
        check_fits(model.input_shape, asked)
        assert asked.get("CollectionId", COLLECTION) == COLLECTION
        self.calls[model.name] += 1
        answer = getattr(self, f"_{model.name}")(asked, content)
        check_fits(model.output_shape, answer)
        metadata = {
            "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "1", "HTTPHeaders": {}, "RetryAttempts": 0}
        }
        return type("Response", (), {"status_code": 200, "headers": {}, "content": b""})(), answer | metadata

    def _DetectLabels(self, _: dict[str, Any], content: bytes) -> dict[str, Any]:  # noqa: N802 - AWS's names
        name = "Dogs" if b"Dogs" in content else "Photo"
        return {"Labels": [{"Name": name, "Confidence": 99.0}], "LabelModelVersion": "3.0"}

    def _IndexFaces(self, asked: dict[str, Any], content: bytes) -> dict[str, Any]:  # noqa: N802
        wanted = Parameters(40, 55.0, Feature.PEOPLE, content=asked["ExternalImageId"])
        records = [self._record(face, wanted.content) for face in self.known.detect(content, wanted).findings]
        return {"FaceRecords": records, "FaceModelVersion": "7.0", "UnindexedFaces": []}

    def _record(self, face: Any, content: str) -> dict[str, Any]:
        box = box_document(face.box)
        known = {"FaceId": face.face_id, "BoundingBox": box, "ExternalImageId": content, "Confidence": face.confidence}
        eyes = zip(("eyeLeft", "eyeRight"), face.eyes, strict=True)
        landmarks = [{"Type": name, "X": left, "Y": top} for name, (left, top) in eyes]
        detail = {"BoundingBox": box, "Landmarks": landmarks, "Confidence": face.confidence}
        return {"Face": known, "FaceDetail": detail}

    def _SearchFaces(self, asked: dict[str, Any], _: bytes) -> dict[str, Any]:  # noqa: N802
        found = self.known.search(asked["FaceId"], asked["FaceMatchThreshold"])[: asked["MaxFaces"]]
        matches = [
            {"Similarity": each.similarity, "Face": {"FaceId": each.face_id, "ExternalImageId": each.content}}
            for each in found
        ]
        return {"SearchedFaceId": asked["FaceId"], "FaceMatches": matches, "FaceModelVersion": "7.0"}

    def _DeleteFaces(self, asked: dict[str, Any], _: bytes) -> dict[str, Any]:  # noqa: N802
        gone = [face_id for face_id in asked["FaceIds"] if face_id in self.known.faces]
        self.known.delete(gone)
        return {"DeletedFaces": gone, "UnsuccessfulFaceDeletions": []}

    def _ListFaces(self, asked: dict[str, Any], _: bytes) -> dict[str, Any]:  # noqa: N802
        ids = list(self.known.faces)
        start = int(asked.get("NextToken", "0"))
        page = {"Faces": [{"FaceId": face_id} for face_id in ids[start : start + 3]], "FaceModelVersion": "7.0"}
        return page | ({"NextToken": str(start + 3)} if start + 3 < len(ids) else {})
