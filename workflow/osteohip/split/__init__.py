"""Training, validation and test patients, and the proof that nothing leaks."""
