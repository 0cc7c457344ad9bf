"""The gallery: a loopback page and proxy that signs requests to the REST API."""
