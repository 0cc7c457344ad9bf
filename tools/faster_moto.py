"""Makes moto's DynamoDB faster in the two places where tests wait for it.

A transaction copies the whole table for each of its items. The copy is what a transaction that fails goes back to, so
one for each table and transaction is enough.

An answer's attribute values have one member each, of ten that are possible; moto looks for each of the ten by up to
twelve names. That was nearly half of the time of a test of people.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


class _Copies(threading.local):
    """Stands for the module `copy` in moto's: within a transaction, of a thread, a table is copied once."""

    _of_transaction: dict[int, Table] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)

    def deepcopy(self, value: Any) -> Any:
        if self._of_transaction is None or not isinstance(value, Table):
            return copy.deepcopy(value)
        if id(value) not in self._of_transaction:
            self._of_transaction[id(value)] = copy.deepcopy(value)
        return self._of_transaction[id(value)]

    def around(self, transact: Callable[..., None]) -> Callable[..., None]:
        """Return the function with one copy of each table."""

        def transact_with_one_copy(*arguments: Any) -> None:
            self._of_transaction = {}
            try:
                transact(*arguments)
            finally:
                self._of_transaction = None

        return transact_with_one_copy


def _by_what_is_there(serialize: Callable[..., None]) -> Callable[..., None]:
    """Return moto's serializer of structures, which takes of an attribute value the members that it has."""

    def serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name != "AttributeValue" or type(value) is not dict or not key:
            return serialize(self, serialized, value, shape, key)
        members = self.MAP_TYPE()
        for name, content in value.items():
            self._serialize(members, content, shape.members[name], name)
        self._default_serialize(serialized, members, shape, key)
        return None

    return serialize_structure


def hasten_moto() -> None:
    """Patch moto, once for the process."""
    module = vars(models)
    if isinstance(module["copy"], _Copies):
        return
    module["copy"] = copies = _Copies()
    backend = models.DynamoDBBackend
    backend.transact_write_items = copies.around(backend.transact_write_items)  # type: ignore[method-assign]
    serializer = BaseJSONSerializer
    serializer._serialize_type_structure = _by_what_is_there(serializer._serialize_type_structure)  # type: ignore[method-assign]
