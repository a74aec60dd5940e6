"""Supplements S1 and S2: the map of every hip of the test set and of the external sites."""
