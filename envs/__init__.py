"""The room of the game: the gamepad, the launch island, many games at once, players by script."""

from gymnasium import register

from padzoo.core.errors import GameCrashed

register(id="padzoo/LaunchIsland-v0", entry_point="padzoo.envs.island.launch_island:LaunchIsland")

__all__ = ["GameCrashed"]
