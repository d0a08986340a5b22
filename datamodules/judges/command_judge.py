"""Judging by a program of any kind: a JSON line in, a JSON line out."""

import json
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from padzoo.datamodules.judges.ranks import Ranks, check_ranks
from padzoo.datamodules.sets.shard_set import ShardSet

ENDS_IN: Final = 5.0  # seconds


class CommandJudge:
    """Asks a program about one group of clips after another; it is started once and ends when its input does.

    It reads a line `{"prompt": TEXT, "clips": [CLIP, CLIP]}`, of 2 to 5 clips, and answers with a line
    `{"ranks": [1, 2]}`: the rank of each clip, 1 for the best, equal ranks tie, or `{"ranks": null}` to abstain. A clip
    is `{"key", "length", "meta", "video", "frames"}`: `video` is the path of an MJPEG file, `frames` that of a NumPy
    file, uint8 `(T, H, W, 3)`. The files are there until the program answers.

    Args:
        command: The program and its arguments, as a shell splits them; no shell runs it.
        prompt: What is better, in words; the program may ignore it.
        timeout: Seconds that an answer may take.

    Raises:
        ValueError: If the program cannot be started, ends, is late, or answers with something else.
    """

    def __init__(self, command: str, prompt: str = "", timeout: float = 60.0) -> None:
        self._command = command
        self._prompt = prompt
        self._timeout = timeout

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks | None]:
        """Judges groups; see `padzoo.datamodules.judges.judge.Judge`."""
        try:
            words = shlex.split(self._command)
            program = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace"
            )
        except (OSError, ValueError, IndexError) as error:
            raise self._wrong(f"{error}; allowed: a program and its arguments") from None
        assert program.stdin is not None
        assert program.stdout is not None
        answers: Queue[str] = Queue()
        reader = Thread(target=_forward, args=(program.stdout, answers), daemon=True)
        reader.start()
        try:
            for rows in groups.tolist():
                with tempfile.TemporaryDirectory(prefix="padzoo-judge-") as folder:
                    clips = [_clip(trajectories, row, Path(folder)) for row in rows]
                    yield self._ask(program.stdin, answers, clips)
            _close(program.stdin)
            _end(program)
            reader.join()
            self._check_silence(answers)
        except BaseException:
            program.kill()
            raise
        finally:
            _close(program.stdin)
            _end(program)
            reader.join()
            program.stdout.close()

    def _check_silence(self, answers: "Queue[str]") -> None:
        """Refuses an answer that nobody has asked for: it would be taken for the next one's."""
        if not answers.empty() and (more := answers.queue[0]):  # the last is empty: it has ended
            raise self._wrong(f"says {more.strip()[:80]!r} unasked; allowed: one line for each that it reads")

    def _ask(self, questions: IO[str], answers: "Queue[str]", clips: Sequence[dict[str, Any]]) -> Ranks | None:
        self._check_silence(answers)
        try:
            questions.write(json.dumps({"prompt": self._prompt, "clips": clips}) + "\n")
            questions.flush()
            answer = answers.get(timeout=self._timeout)
        except BrokenPipeError:
            answer = ""
        except Empty:
            raise self._wrong(f"no answer within {self._timeout:g} s; allowed: a longer --timeout") from None
        if not answer:
            raise self._wrong("it has ended; allowed: a program that answers until its input ends")
        try:
            return check_ranks(json.loads(answer)["ranks"], len(clips))
        except (ValueError, KeyError, TypeError, RecursionError):
            ranks = list(range(1, 1 + len(clips)))
            allowed = f'a line such as {{"ranks": {ranks}}} or {{"ranks": null}}'
            raise self._wrong(f"answers {answer.strip()[:80]!r}; allowed: {allowed}") from None

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"--judge {self._command!r}: {what}")


def _clip(trajectories: ShardSet, row: int, folder: Path) -> dict[str, Any]:
    record = trajectories.record(row)
    video, frames = folder / f"{record.key}.mjpeg", folder / f"{record.key}.npy"
    video.write_bytes(record.data)
    np.save(frames, record.decode().frames)
    about = {"key": record.key, "length": len(record), "meta": record.meta}
    return about | {"video": str(video), "frames": str(frames)}


def _forward(stream: IO[str], lines: "Queue[str]") -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _end(program: "subprocess.Popen[str]") -> None:
    """Waits for a program whose input has ended, and kills it if it goes on."""
    try:
        program.wait(ENDS_IN)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


def _close(stream: IO[str]) -> None:
    with suppress(BrokenPipeError):  # what was left to write has nobody to read it
        stream.close()
