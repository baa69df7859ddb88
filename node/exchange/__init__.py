"""The door to other nodes: letters come in, letters go out, cycles go on."""
