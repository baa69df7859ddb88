"""Use cases, a file per noun: what the door, the command line and the workers ask of the node."""
