"""Activity of the functions, cost, and the signer of API requests."""
