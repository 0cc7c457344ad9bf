"""The front door: a loopback page and proxy that signs requests to the REST API."""
