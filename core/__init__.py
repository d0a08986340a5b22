"""What every room shares: the gamepad, trajectories, episodes, strict reading of records, remote files."""
