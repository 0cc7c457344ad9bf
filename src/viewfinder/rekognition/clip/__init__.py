"""A model of the user's that describes pictures and words by vectors of one space (CLIP)."""
