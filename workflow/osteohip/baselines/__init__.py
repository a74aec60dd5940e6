"""Honest baselines: what can be told without the network, fitted on its training patients."""
