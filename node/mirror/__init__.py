"""The reporting ledger: what the chain says, as tables; written from blocks, read by everybody."""
