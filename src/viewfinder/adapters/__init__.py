"""The only rooms that know AWS, pictures and HTTP: each implements a port."""
