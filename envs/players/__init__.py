"""Players by script: everybody, with habits and errors, and the curated few."""
