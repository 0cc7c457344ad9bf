"""One behaviour of `ports.Statistics`: of the memory that the search's tests use, of SQLite and of DynamoDB."""

from __future__ import annotations
