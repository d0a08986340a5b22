"""The networks, in PyTorch alone."""
