"""The catalog on one DynamoDB table; DESIGN section 3 and docs/catalog.md have its items."""
