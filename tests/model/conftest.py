"""The small cases, as fixtures."""

from model_cases import backend, bundle, site, train_at, training_cases, validation_cases

__all__ = ["backend", "bundle", "site", "train_at", "training_cases", "validation_cases"]
