"""Who prefers which trajectory, and the file of preferences."""
