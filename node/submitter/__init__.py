"""From the outbox onto the chain, exactly once whatever dies."""
