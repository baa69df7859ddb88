"""Wiring by plain constructor calls: from settings to a store, a chain, and a whole node."""
