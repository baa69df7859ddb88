"""Wiring by plain constructor calls."""
