"""Ponder 0.16.10, a well-known indexer, as a baseline: its own project in TypeScript, and how it is run."""
