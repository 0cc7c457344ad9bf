"""Makes moto's DynamoDB transactions as fast as their size: it copies the whole table for each item of one.

The copy is what a transaction that fails goes back to, so one for each table and transaction is enough.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

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


def copy_once() -> None:
    """Patch moto, once for the process."""
    module = vars(models)
    if isinstance(module["copy"], _Copies):
        return
    module["copy"] = copies = _Copies()
    backend = models.DynamoDBBackend
    backend.transact_write_items = copies.around(backend.transact_write_items)  # type: ignore[method-assign]
