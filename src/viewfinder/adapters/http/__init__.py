"""HTTP of the REST API: read and check requests of API Gateway's proxy integration, and build responses."""
