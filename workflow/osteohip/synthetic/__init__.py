"""Synthetic site folders: computed hip films with DXA records of known truth."""
