"""Screening: the names list in its versions, and how like a name is to those on it."""
