"""The networks, pure PyTorch: they know nothing of Lightning, data or games."""
