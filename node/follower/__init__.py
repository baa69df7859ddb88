"""Follows the chain: final blocks in, mirror up to date; backfill and live are one path."""
