"""The command line: one table of commands, one way to report an error."""

import difflib
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, signature
from pickle import UnpicklingError
from typing import Any, Final

from jsonargparse import ArgumentError, ArgumentParser

from padzoo.allocator import keep_freed_memory
from padzoo.core.errors import GameCrashed
from padzoo.core.parent import end_with_parent
from padzoo.home import at_home
from padzoo.messages import complaint

TRAINING: Final = {
    "fit": "Train a policy or a reward model, or align a policy.",
    "validate": "Compute offline metrics: losses and accuracies; for an aligner, fixed validation episodes.",
    "test": "Play in the game (policies) or score held-out preferences (reward models), into test.json.",
    "predict": "Write the features, actions or rewards of given trajectories.",
}


@dataclass(frozen=True)
class Command:
    """A command that needs no Lightning.

    Args:
        help: Its help line.
        positional: Its positional arguments, name to help; one that the function has a default for may be left out.
        function: The function `padzoo.commands.<function>.<function>`; None takes the command's own name.
        flags: Its options without a value, name to help.
        registry: Dotted path of a registry of which the first argument names a class: its constructor's arguments are
            options too.
    """

    help: str
    positional: dict[str, str] = field(default_factory=dict)
    function: str | None = None
    flags: dict[str, str] = field(default_factory=dict)
    registry: str | None = None

    def parse(self, name: str, arguments: Sequence[str]) -> Callable[[], None]:
        """Returns the call that the arguments ask for."""
        function = self.function or name
        call = getattr(importlib.import_module(f"padzoo.commands.{function}"), function)
        parser = ArgumentParser(prog=f"padzoo {name}", description=self.help, exit_on_error=False)
        defaults = {name: parameter.default for name, parameter in signature(call).parameters.items()}
        for argument, text in self.positional.items():
            how: dict[str, Any] = {"nargs": "+"} if call.__annotations__[argument] == list[str] else {}
            if defaults[argument] is not Parameter.empty:
                how = {"nargs": "?", "default": defaults[argument]}
            parser.add_argument(argument, type=str, help=text, **how)
        for flag, text in self.flags.items():
            parser.add_argument(f"--{flag}", action="store_true", help=text)
        parser.add_function_arguments(call, as_positional=False, skip={*self.positional, *map(_plain, self.flags)})
        if self.registry and not {*arguments[:1]} & {"-h", "--help"}:
            parser.add_class_arguments(self._chosen(name, arguments), as_positional=False, skip={*self.positional})
        return partial(call, **at_home(parser.parse_args(list(arguments))).as_dict())

    def _chosen(self, name: str, arguments: Sequence[str]) -> type:
        """Returns the class that the first argument names."""
        assert self.registry is not None
        if not arguments or arguments[0].startswith("-"):
            raise ValueError(f"{name}: allowed: padzoo {name} {' '.join(map(str.upper, self.positional))} [OPTIONS]")
        module, _, registry = self.registry.rpartition(".")
        chosen: type = getattr(importlib.import_module(module), registry).find(arguments[0])
        return chosen


FOLDER: Final = {"folder": "Folder of the recorded trajectories."}
COMMANDS: Final = {
    "demos": Command("Record demonstrations by scripted players or by you."),
    "rollout": Command("Play episodes with a policy, record them and count how they ended."),
    "compare": Command(
        "Play the same starts with two policies and print how they differ.",
        {
            "first": "A .ckpt, a folder of weights or a name of the zoo.",
            "second": "The policy to compare it with.",
        },
    ),
    "prefer": Command("Compare recorded trajectories and write the preferences.", FOLDER),
    "label": Command("Rank recorded trajectories on a page in the browser.", FOLDER),
    "agreement": Command(
        "Measure how far labellers agree.", {"files": "Files of judgements or preferences, one or more."}
    ),
    "score": Command("Score recorded trajectories with a reward model and keep the best.", FOLDER),
    "import": Command(
        "Convert recordings made elsewhere into trajectories.",
        {
            "source": "Their format: bleeding-edge, lerobot or an importer's dotted path; SOURCE --help lists options.",
            "folder": "Folder of the recordings.",
        },
        "import_recordings",
        registry="padzoo.datamodules.importers.importer.IMPORTERS",
    ),
    "verify": Command("Check recorded trajectories against their checksums.", FOLDER),
    "play": Command(
        "Play some episodes with a policy into a GIF.",
        {"policy": "A .ckpt, a folder of weights or a name of the zoo."},
    ),
    "list": Command(
        "List the pretrained agents and reward models of the zoo.",
        {"pattern": "Part of the name; * stands for any characters, ? for any one."},
        "list_zoo",
        {"json": "Print as JSON."},
    ),
    "show": Command("Print a checkpoint's card and lineage.", {"ref": "A name of the zoo or a folder of weights."}),
    "pull": Command(
        "Download checkpoints of the zoo and verify them.",
        {"name": "A name of the zoo, such as policy_4m.sft; or give --all."},
        flags={"all": "Every checkpoint of the zoo."},
    ),
    "push": Command(
        "Publish a checkpoint with its card.",
        {
            "ref": "The checkpoint: a .ckpt, a folder of weights or a name of the zoo.",
            "target": "The destination: a folder, a URL that fsspec can write to, or hf://OWNER/NAME.",
        },
        flags={"dry-run": "Print what would be written, without writing it."},
    ),
    "export": Command(
        "Convert a checkpoint for other programs.", {"ref": "A .ckpt, a folder of weights or a name of the zoo."}
    ),
}

MORE: Final = (
    "padzoo fit --model.help CLASS lists a model's options: BehaviorCloning, RewardModel, Reinforce, PPO.",
    "Configurations for --config: experiment/policy.yaml, reward, reinforce, rloo, grpo, ppo, rest, dpo.",
)


ENDING: Final = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def _unwind_at_signals() -> None:
    """Ends the process as an error would: games are closed, and what was half written is removed."""

    def unwind(number: int, _: object) -> None:
        _ignore_signals()
        sys.exit(128 + number)

    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # as `nohup` has it
            signal.signal(number, unwind)


def _ignore_signals() -> None:
    """Leaves what is tidied up at the end of the process undisturbed; it takes a moment."""
    for number in (*ENDING, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _plain(flag: str) -> str:
    return flag.replace("-", "_")


def overview() -> str:
    """Returns the help of `padzoo` itself."""
    lines = ["usage: padzoo COMMAND [OPTIONS]    (padzoo COMMAND --help lists the options)", ""]
    commands = {**TRAINING, **{name: command.help for name, command in COMMANDS.items()}}
    lines += [f"  {name:9} {text}" for name, text in commands.items()]
    return "\n".join([*lines, "", *MORE])


def find(arguments: Sequence[str]) -> Callable[[], None]:
    """Returns the call that a command line asks for, with all that it needs imported.

    Args:
        arguments: The command's name and its options.

    Raises:
        ValueError: If there is no such command.
    """
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        return partial(print, overview())
    if name in TRAINING:
        from padzoo.training import train  # Lightning takes seconds to import

        return partial(train, arguments)
    if name in COMMANDS:
        return COMMANDS[name].parse(name, arguments[1:])
    known = [*TRAINING, *COMMANDS]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise ValueError(f"command {name!r} is not known; {hint}allowed: {', '.join(known)}")


def _find_own() -> Callable[[], None]:
    """Returns the call that the process's own arguments ask for; from then on signals unwind it.

    Until then they end the process at once: an import that is unwound fails in ways of its own, or swallows the signal.
    """
    interrupt = signal.getsignal(signal.SIGINT)
    if interrupt is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    call = find(sys.argv[1:])
    signal.signal(signal.SIGINT, interrupt)
    _unwind_at_signals()
    return call


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `padzoo`; a user's error is reported as one line on standard error.

    Args:
        arguments: The command's name and options; None takes the process's own.

    Returns:
        The exit status: 0; 2 if something given was wrong, where `PADZOO_DEBUG=1` shows the traceback instead; 130
        after Ctrl-C, and 128 and its number after another signal.
    """
    keep_freed_memory()
    if arguments is None and os.environ.get("LOCAL_RANK", "0") != "0":
        end_with_parent()  # the first rank, or torchrun: without it a rank would wait for others for minutes
    sys.path.append("")  # a user's own module in the current folder can be named: a criterion, a game, a class
    try:
        call = _find_own() if arguments is None else find(arguments)
        call()
        sys.stdout.flush()
        if arguments is None:
            _ignore_signals()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (ValueError, ArgumentError, OSError, UnpicklingError, GameCrashed) as error:
        if os.environ.get("PADZOO_DEBUG"):
            raise
        print(f"padzoo: error: {complaint(error)}", file=sys.stderr)
        return 2
    return 0
