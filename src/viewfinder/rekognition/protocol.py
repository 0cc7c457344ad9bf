"""AWS JSON 1.1: reads and checks requests by botocore's service model."""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, NoReturn

import pybase64
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, StructureShape

from viewfinder.rekognition.errors import EngineError, image_too_large, invalid_parameter

TARGET_PREFIX = "RekognitionService."
PAGE = "docs/rekognition.md#operations"
"""The page of the project that lists the operations that are answered."""

INTEGER_LIMIT = 2**31
"""The service's integers have 32 bits."""


@cache
def service_model() -> ServiceModel:
    """Return botocore's description of the service."""
    return ServiceModel(Loader().load_service_model("rekognition", "service-2"), "rekognition")


def operation_of(target: str | None, known: Collection[str]) -> str:
    """Return the operation that X-Amz-Target names; raise UnknownOperationException if it is not in `known`."""
    name = (target or "").removeprefix(TARGET_PREFIX)
    if target != TARGET_PREFIX + name or name not in service_model().operation_names:
        raise EngineError("UnknownOperationException", "The request names no operation of this service in X-Amz-Target")
    if name not in known:
        raise EngineError("UnknownOperationException", f"{name} is not implemented by this engine; see {PAGE}")
    return name


def parse_request(operation: str, body: bytes) -> dict[str, Any]:
    """Return the checked document of an operation's request, with images' Bytes decoded.

    Raise EngineError: SerializationException, InvalidParameterException or ImageTooLargeException.
    """
    return check_request(operation, _load(body))


def check_request(operation: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a request that the model knows; images' Bytes are in base64, or bytes already.

    Raise EngineError as parse_request does.
    """
    shape = _request_shape(operation)
    checked: dict[str, Any] = _read(shape, document, "")
    problems = list(_problems(shape, checked, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise invalid_parameter(count + "; ".join(problems))
    for name in image_members(operation):
        _check_image(name, checked[name])
    return checked


def image_members(operation: str) -> tuple[str, ...]:
    """Return the members of an operation's request that are images, in their order."""
    return tuple(name for name, shape in _request_shape(operation).members.items() if shape.name == "Image")


def _request_shape(operation: str) -> Any:
    return service_model().shape_for(f"{operation}Request")


def _load(body: bytes) -> Any:
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(document, dict):
        raise _unreadable()
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unreadable(path: str = "") -> EngineError:
    return EngineError("SerializationException", f"The value at '{path}' can't be read" if path else "Malformed JSON")


def _check_image(name: str, image: dict[str, Any]) -> None:
    if ("Bytes" in image) == ("S3Object" in image):
        raise invalid_parameter(f"Request has invalid parameters: {name} takes one of Bytes and S3Object")
    if "S3Object" in image and not {"Bucket", "Name"} <= image["S3Object"].keys():
        raise invalid_parameter("Request has invalid parameters: S3Object needs Bucket and Name")


# Reading: types as the model has them. A wrong type is a SerializationException, an unknown member is ignored.


def _read(shape: Any, value: Any, path: str) -> Any:
    return READERS[shape.type_name](shape, value, path)


def _read_structure(shape: StructureShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable(path)
    return {
        name: _read(member, value[name], _join(path, name))
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


def _read_list(shape: ListShape, value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise _unreadable(path)
    return [_read(shape.member, entry, f"{path}.{index}.member") for index, entry in enumerate(value, 1)]


def _read_string(_: Any, value: Any, path: str) -> str:
    if not isinstance(value, str) or any("\ud800" <= character <= "\udfff" for character in value):
        raise _unreadable(path)
    return value


def _read_map(shape: MapShape, value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _unreadable(path)
    return {
        _read(shape.key, key, f"{path}.key"): _read(shape.value, entry, f"{path}.{key}.member")
        for key, entry in value.items()
    }


def _read_blob(_: Any, value: Any, path: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise _unreadable(path)
    try:
        return pybase64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(path) from error


def _read_integer(_: Any, value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _unreadable(path)
    return value


def _read_float(_: Any, value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 3e38:
        raise _unreadable(path)
    return float(value)


READERS: dict[str, Callable[[Any, Any, str], Any]] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "string": _read_string,
    "blob": _read_blob,
    "integer": _read_integer,
    "float": _read_float,
}


# Checking: constraints as the model has them, in the words that AWS services use.


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for name in shape.required_members:
            if name not in value:
                yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, entry in value.items():
            yield from _problems(shape.members[name], entry, _join(path, name))
        return
    for constraint in _broken(shape, value):
        yield f"Value {_shown(value)} at '{path}' failed to satisfy constraint: Member must {constraint}"
    if shape.type_name == "map":
        yield from _problems_of_map(shape, value, path)
    if shape.type_name == "list":
        for index, entry in enumerate(value, 1):
            yield from _problems(shape.member, entry, f"{path}.{index}.member")


def _problems_of_map(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for noun, of, entries in (("keys", shape.key, value.keys()), ("values", shape.value, value.values())):
        for constraint in sorted({constraint for entry in entries for constraint in _broken(of, entry)}):
            yield (
                f"Value {_shown(value)} at '{path}' failed to satisfy constraint: "
                f"Map {noun} must satisfy constraint: [Member must {constraint}]"
            )


def _broken(shape: Any, value: Any) -> Iterator[str]:
    metadata = {"max": INTEGER_LIMIT - 1, **shape.metadata} if shape.type_name == "integer" else shape.metadata
    number = isinstance(value, int | float)
    size = value if number else len(value)
    noun = "value" if number else "length"
    if "min" in metadata and size < metadata["min"]:
        yield f"have {noun} greater than or equal to {metadata['min']}"
    if "max" in metadata and size > metadata["max"]:
        if isinstance(value, bytes):
            raise image_too_large(f"Image size of {size} bytes exceeds the limit of {metadata['max']} bytes")
        yield f"have {noun} less than or equal to {metadata['max']}"
    if "enum" in metadata and value not in metadata["enum"]:
        yield f"satisfy enum value set: [{', '.join(metadata['enum'])}]"
    if "pattern" in metadata and not re.fullmatch(_python_pattern(metadata["pattern"]), value):
        yield f"satisfy regular expression pattern: {metadata['pattern']}"


PROPERTIES = {r"\p{L}": r"\w", r"\p{N}": "", r"\p{Z}": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"}
"""The model's classes of characters as Python's `re` has them: \\w is letters and numbers, and `_` where these are."""


@cache
def _python_pattern(pattern: str) -> str:
    for name, characters in PROPERTIES.items():
        pattern = pattern.replace(name, characters)
    return pattern


def _shown(value: Any) -> str:
    return f"of {len(value)} bytes" if isinstance(value, bytes) else f"'{str(value)[:100]}'"


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member
