"""The domain of Vostro: pure functions over frozen values; no I/O, no clock, no random, no logging."""
