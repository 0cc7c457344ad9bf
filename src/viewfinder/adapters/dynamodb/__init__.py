"""The catalog on one DynamoDB table; docs/catalog.md has its items."""
