"""One suite over the fake catalog, SQLite and DynamoDB: what a use case may rely on."""

from __future__ import annotations
