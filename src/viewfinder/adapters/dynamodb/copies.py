"""Which images have the same content: those that several images have are listed in the first index."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table, is_refused

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


_FIRST_CONTENT = "!"  # sorts before every hash


class DynamoDbCopies:
    """Implements `ports.Copies`; the first index has the counters of those contents that several images have."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    def contents(self, after: str, most: int) -> list[str]:
        """Read the partitions one after the other, each a range of contents."""
        found: list[str] = []
        first = schema.partition_of_copied(after) if after else 0
        for number in range(first, schema.COPIED_PARTITIONS):
            if len(found) < most:
                values = {":partition": schema.copied_partition(number), ":after": after or _FIRST_CONTENT}
                answer = self._query("GSI1PK = :partition AND GSI1SK > :after", values, most - len(found), schema.GSI)
                found += [item["GSI1SK"]["S"] for item in answer]
        return found

    def images(self, content: str, most: int) -> list[str]:
        """Read what is beside the content's counter."""
        values = {":partition": schema.content_key(content)[0], ":copy": schema.COPY}
        answer = self._query("PK = :partition AND begins_with(SK, :copy)", values, most)
        return sorted(item["ImageId"]["S"] for item in answer)

    def present(self, contents: Collection[str]) -> set[str]:
        """Get the contents' counters, a hundred with each call."""
        rows = map(schema.unmarshalled, self._table.batch_get([schema.content_key(content) for content in contents]))
        return {row["PK"].partition("#")[2] for row in rows if row["Count"] > 0}

    def _query(self, condition: str, values: Mapping[str, str], most: int, index: str = "") -> list[schema.Item]:
        question: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
            "Limit": most,
        }
        question |= {"IndexName": index} if index else {}
        return list(self._table.query(**question)["Items"])


class DynamoDbCopiesWriter:
    """Lists the contents that several images have."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    def list_anew(self, contents: Collection[str]) -> None:
        """List those of these contents that several images have now, and remove the others from the list.

        Call this after counting; it makes each change on the condition that the count still requires it.
        """
        wanted = [schema.content_key(content) for content in contents]
        for row in map(schema.unmarshalled, self._table.batch_get(wanted, consistent=True)):
            if (row["Count"] > 1) != ("GSI1PK" in row):
                self._list(row["PK"].partition("#")[2], is_listed=row["Count"] > 1)

    def _list(self, content: str, *, is_listed: bool) -> None:
        change: dict[str, Any] = {"UpdateExpression": "REMOVE GSI1PK, GSI1SK", "ConditionExpression": "#count < :two"}
        values = {":two": {"N": "2"}}
        if is_listed:
            partition = schema.copied_partition(schema.partition_of_copied(content))
            change = {"UpdateExpression": "SET GSI1PK = :partition, GSI1SK = :content"}
            change["ConditionExpression"] = "#count >= :two"
            values |= {":partition": {"S": partition}, ":content": {"S": content}}
        try:
            self._table.update(
                Key=schema.marshalled_key(schema.content_key(content)),
                ExpressionAttributeNames={"#count": "Count"},
                ExpressionAttributeValues=values,
                **change,
            )
        except ClientError as error:
            if not is_refused(error):
                raise
