"""Agents that act, and the episodes that they play."""
