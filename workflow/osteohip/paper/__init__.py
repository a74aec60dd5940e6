"""The published numbers of Jang et al. 2021."""
