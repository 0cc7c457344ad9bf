"""The adapters to AWS, pictures and HTTP; each implements a port."""
