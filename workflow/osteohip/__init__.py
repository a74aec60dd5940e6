"""Predict osteoporosis from plain hip radiographs: the study's logic, free of Snakemake."""

__version__ = "0.1.0"
