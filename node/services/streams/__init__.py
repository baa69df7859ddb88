"""What is told to others: the feed of what happened, and who it is delivered to."""
