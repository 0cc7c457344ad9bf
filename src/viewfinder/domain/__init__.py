"""Plain data and rules of the pipeline; imports the standard library only."""
