"""What somebody else's game answers, held against Gymnasium's contract; and its failures, in a line each."""

import inspect
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import gymnasium
import numpy as np

from padzoo.core.errors import GameCrashed

_GYM: Final = (
    "this is the API of Gym before 0.26; allowed: Gymnasium's, reset(seed=, options=) giving an observation and an "
    "info, step giving five values; `shimmy` converts old games"
)
_REMEDIES: Final = (  # what a game says, and what helps
    (r"expected 5, got 4\b", _GYM),
    (r"(?i)\bdisplay\b|video device|\bX11\b|\bglfw\b", "without a screen: render_mode 'rgb_array', or `xvfb-run`"),
)
TAKEN: Final = frozenset(  # by what is logged and reported beside outcomes
    ("success", "crashed", "steps", "return", "reward", "kl", "kl_weight", "loss", "value_loss", "episodes")
)
_PLAIN: Final = (ValueError, ImportError, gymnasium.error.Error)  # their messages say all without the type's name


class Refused(ValueError):
    """Something about a game that PadZoo cannot play."""


@contextmanager
def asking(name: str, what: str = "") -> Iterator[None]:
    """Turns whatever a game raises into a line that names it.

    Args:
        name: The game.
        what: What it was asked.

    Raises:
        ValueError: In place of any other error than a `GameCrashed`.
    """
    try:
        yield
    except GameCrashed:
        raise
    except Refused as error:
        raise ValueError(f"game {name!r}: {error}") from error
    except (Exception, SystemExit) as error:  # the code of others: it may raise anything
        raise ValueError(f"game {name!r}: {what}: {describe(error)}") from error


def describe(error: BaseException) -> str:
    """Returns what a game raised, where, and what may help.

    Args:
        error: The error.
    """
    kind, text = type(error).__name__, str(error)
    told = text if text and isinstance(error, _PLAIN) else f"{kind}: {text}" if text else kind
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = "".join(f" ({Path(frame.filename).name}, line {frame.lineno})" for frame in last)
    remedy = next((f"; {remedy}" for pattern, remedy in _REMEDIES if re.search(pattern, told)), "")
    return f"{told}{place}{remedy}"


def check_reset(env: gymnasium.Env[Any, Any]) -> None:
    """Refuses a game that cannot be told how an episode starts.

    Args:
        env: The game.

    Raises:
        Refused: If its `reset` takes no seed or no options.
    """
    parameters = inspect.signature(env.unwrapped.reset).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for name in ("seed", "options"):
        if name not in parameters:
            raise Refused(f"its reset takes no {name!r}: {_GYM}")


def started(answer: Any) -> tuple[Any, dict[str, Any]]:
    """Reads what `reset` gave.

    Args:
        answer: As the game gave it.

    Returns:
        The observation and the info.

    Raises:
        Refused: If it is something else.
    """
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise Refused(f"its reset gives {_kind(answer)}: {_GYM}")
    return answer[0], _info(answer[1])


def stepped(answer: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
    """Reads what `step` gave.

    Args:
        answer: As the game gave it.

    Returns:
        Observation, reward, terminated, truncated, info.

    Raises:
        Refused: If it is something else.
    """
    if not isinstance(answer, tuple) or len(answer) != 5:
        raise Refused(f"its step gives {_kind(answer)}: {_GYM}")
    observation, reward, terminated, truncated, info = answer
    flags = flag("terminated", terminated), flag("truncated", truncated)
    return observation, number("reward", reward), *flags, _info(info)


def number(what: str, value: Any) -> float:
    """Reads one finite number, also as an array of size 1.

    Args:
        what: Its name, for the message.
        value: As the game gave it.

    Raises:
        Refused: If it is something else.
    """
    found = np.asarray(value)
    if found.size != 1 or found.dtype.kind not in "biuf" or not np.isfinite(found).all():
        raise Refused(f"{what} {_short(value)}; allowed: one finite number")
    return float(found.item())


def flag(what: str, value: Any) -> bool:
    """Reads a yes or no, also as a number or an array of size 1.

    Args:
        what: Its name, for the message.
        value: As the game gave it.

    Raises:
        Refused: If it is something else.
    """
    found = np.asarray(value)
    if found.size != 1 or found.dtype.kind not in "biuf" or found.item() not in (0, 1):
        raise Refused(f"{what} {_short(value)}; allowed: true or false")
    return bool(found.item())


def outcomes(env: gymnasium.Env[Any, Any]) -> tuple[str, ...] | None:
    """Returns the names that a game declares for how its episodes end, failure first; None if it declares none.

    Args:
        env: The game.

    Raises:
        Refused: If what it declares is no list of different names, or one of them is the name of something else.
    """
    found = env.get_wrapper_attr("outcomes") if env.has_wrapper_attr("outcomes") else None
    if not isinstance(found, str | list | tuple):  # something of the game's own
        return None
    names = [str.__str__(name) if isinstance(name, str) else "" for name in found]
    if isinstance(found, str) or not all(names) or not names or len(set(names)) < len(names):
        raise Refused(f"outcomes {_short(found)}; allowed: different names in a tuple, failure first")
    if taken := (TAKEN & set(names)) - ({"success"} if names[1:] == ["success"] else set()):
        raise Refused(
            f"outcomes {_short(found)}; allowed: other names than {', '.join(sorted(taken))}, which are logged"
        )
    return tuple(names)


def outcome(info: Mapping[str, Any], declared: tuple[str, ...], terminated: bool, truncated: bool) -> str:
    """Reads how an episode ended from a game that declares its outcomes.

    Args:
        info: What it says.
        declared: The names.
        terminated: Whether the game ended the episode: then it must say how.
        truncated: Whether the episode was cut off.

    Returns:
        One of the names, the first one while the game does not say.

    Raises:
        Refused: If an episode ends in another way.
    """
    told = info.get("outcome")
    if isinstance(told, str) and told in declared:
        return declared[declared.index(told)]
    if terminated or (truncated and told is not None):
        raise Refused(f"info['outcome'] is {_short(told)}; allowed, as it declares: {', '.join(declared)}")
    return declared[0]


def _info(info: Any) -> dict[str, Any]:
    """Copies an info and the arrays in it: a game may change them in place at its next step."""
    if not isinstance(info, Mapping | None):
        raise Refused(f"info {_short(info)}; allowed: a dictionary")
    parts = dict(info or {})
    return {key: part.copy() if isinstance(part, np.ndarray) else part for key, part in parts.items()}


def _kind(value: Any) -> str:
    many = f" of {len(value)} values" if isinstance(value, tuple) else ""
    return f"{type(value).__name__}{many}"


def _short(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) < 80 else f"{text[:77]}..."
