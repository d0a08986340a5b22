"""Other people's recordings of play as trajectories."""
