"""What the network looked at: maps of the network's own evidence, and checks that could fail."""
