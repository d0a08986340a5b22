"""The launch island: its plan, its pictures, the engine that runs it, the environment."""
