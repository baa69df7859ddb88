"""What is due at a time, and nobody asks for."""
