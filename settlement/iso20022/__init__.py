"""ISO 20022 messages: read strictly, written plainly; bytes in, values out, and the other way round."""
