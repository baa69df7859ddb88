"""The door: HTTP in, problems and JSON out. Nothing is decided here; `node.services` decides."""
