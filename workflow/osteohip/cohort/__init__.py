"""Who is in the study: pairing films with DXA, the criteria in order, the reference standard."""
