"""Keys: the only place where a private key is ever in memory."""
