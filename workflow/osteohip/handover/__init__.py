"""A finished model on its way to another hospital: sealed there, received here."""
