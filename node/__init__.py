"""The node: all input and output of Vostro, around the pure domain in `settlement`."""
