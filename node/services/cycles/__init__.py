"""Netting cycles between nodes: gross payments, the call for a cycle, affirmation, proof."""
