"""What operators look at: activity of the functions, and cost."""
