"""Weights with their cards: reading, checking, pulling, publishing, exporting."""
