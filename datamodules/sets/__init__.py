"""Sets of trajectories on disk or far away: shards, their manifest, readers and writers."""
