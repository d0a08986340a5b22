"""What can go wrong in a game without anybody's fault."""


class GameCrashed(RuntimeError):
    """The game's process died or stopped answering; the episode is lost, the next `reset` starts a new process."""
