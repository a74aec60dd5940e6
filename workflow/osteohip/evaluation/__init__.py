"""Measures of a prediction with their intervals: pure numeric code on arrays and tables."""
