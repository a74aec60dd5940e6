"""Where the results come from, for other programs: the study as a Workflow Run RO-Crate."""
