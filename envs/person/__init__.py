"""A person at a gamepad or the keyboard."""
