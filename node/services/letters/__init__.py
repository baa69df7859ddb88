"""Letters between nodes: what is sent, what is taken, and the receipts of both."""
