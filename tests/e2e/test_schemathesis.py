"""Requests made from the contract, good and bad, signed, against the real stack: no surprise, and nothing breaks."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import unsupported_method

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.examples import examples
from viewfinder.adapters.http.fields import local_time
from viewfinder.domain.label import search_words
from viewfinder.domain.spelling import composed
from viewfinder.operations.signing import Signer


class Signature(requests.auth.AuthBase):
    """Signs each request as its user."""

    def __init__(self, stack: RunningStack) -> None:
        self._signer = Signer(stack.local.session)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes)
        signed = self._signer.sign(str(request.method), str(request.url), content)
        request.url = signed.url
        request.headers.update(signed.headers)
        return request


def _contract() -> dict[str, Any]:
    """Return the contract, less what is API Gateway's: its servers and the signature.

    Signature makes the signatures; that requests without one are refused is tested by test_way_of_an_image.py.
    """
    document: dict[str, Any] = yaml.safe_load((PROJECT / "infrastructure" / "openapi.yaml").read_text())
    del document["components"]["securitySchemes"], document["servers"]
    for operation in (operation for item in document["paths"].values() for operation in item.values()):
        if "security" in operation:
            del operation["security"]
    return document


schema = schemathesis.openapi.from_dict(_contract())


def _make_good(case: Any) -> None:
    """Make a request good that is meant to be good, where OpenAPI can't say what that takes."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    query = case.query or {}
    query.pop("nextToken", None)  # only the API makes these
    query.pop("like", None)  # the stack has no model of words
    if not (query.get("label") or query.get("category")):
        query.pop("order", None)  # confidence needs one of the two
    if not all(search_words([text]) for text in query.get("text", ())):
        query.pop("text")  # punctuation is no word
    if not search_words([query.get("camera", "")]):
        query.pop("camera", None)
    for name in {"takenFrom", "takenTo"} & query.keys():
        try:
            local_time(query[name])
        except ValueError:
            query.pop(name)  # a pattern knows no calendar


def _make_corrections_good(case: Any) -> None:
    """Name each label once in all; leave the empty body to the bad requests."""
    if (
        case.method != "PATCH"
        or not case.operation.path.startswith("/images/")
        or case.meta is None
        or not case.meta.generation.mode.is_positive
    ):
        return
    seen: set[str] = set()
    for member, given in case.body.items():
        names = {name.casefold(): name for name in map(composed, given) if name.casefold() not in seen}
        kept = dict(list(names.items())[: 20 - len(seen)])
        case.body[member] = list(kept.values())
        seen |= kept.keys()
    case.body = case.body if seen else {"Add": ["Dog"]}


def _make_merges_good(case: Any) -> None:
    """Name other people than the one that they are merged into."""
    if case.method == "POST" and case.operation.path == "/people/{PersonId}" and case.meta.generation.mode.is_positive:
        own = composed(unquote(case.path_parameters["PersonId"]))
        others = [each for each in case.body["PersonIds"] if composed(each) != own]
        case.body["PersonIds"] = others or ["another" if own != "another" else "one more"]


@pytest.mark.hypothesis  # for `make explore`: Hypothesis marks only what is written with its own decorator
@schema.parametrize()
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_keeps_its_contract(case: Any, stack: RunningStack) -> None:
    _make_good(case)
    _make_corrections_good(case)
    _make_merges_good(case)
    # API Gateway answers a method that a path does not have with 403, not with 405.
    case.call_and_validate(base_url=stack.api_url, auth=Signature(stack), excluded_checks=[unsupported_method])
