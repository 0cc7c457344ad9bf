"""The REST API's side of HTTP: requests of API Gateway's proxy integration read, checked and answered."""
