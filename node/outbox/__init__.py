"""What goes on chain: rows that wait, the transactions that carry them, and what became of both."""
