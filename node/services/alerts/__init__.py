"""What a person should look at: raised by rules, acknowledged by people."""
