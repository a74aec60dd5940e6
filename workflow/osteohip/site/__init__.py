"""A site folder: reading it, checking it, and the inventory of its films."""
