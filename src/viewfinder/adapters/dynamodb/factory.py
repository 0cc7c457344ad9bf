"""The catalog on DynamoDB, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.copies import DynamoDbCopies
from viewfinder.adapters.dynamodb.hashes import DynamoDbHashes
from viewfinder.adapters.dynamodb.index import DynamoDbIndex
from viewfinder.adapters.dynamodb.leases import DynamoDbLeases
from viewfinder.adapters.dynamodb.people import DynamoDbPeople
from viewfinder.adapters.dynamodb.quota import DynamoDbQuota
from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics
from viewfinder.ports import CatalogParts

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from viewfinder.settings import Settings


def dynamodb_catalog(client: DynamoDBClient, settings: Settings) -> CatalogParts:
    """Return the catalog in the table that the settings name; nothing is read yet."""
    table, shards = settings.table, settings.shards
    catalog = DynamoDbCatalog(client, table, shards=shards, tombstone_seconds=settings.kept_tombstone_seconds)
    patience = settings.lease_patience_seconds
    return CatalogParts(
        catalog=catalog,
        records=catalog,
        leases=DynamoDbLeases(client, table, seconds=settings.lease_seconds, patience=patience),
        index=DynamoDbIndex(client, table, shards=shards),
        statistics=DynamoDbStatistics(client, table),
        copies=DynamoDbCopies(client, table),
        people=DynamoDbPeople(client, table),
        hashes=DynamoDbHashes(client, table, shards=shards),
        quota=lambda per_minute: DynamoDbQuota(client, table, per_minute=per_minute),
    )
