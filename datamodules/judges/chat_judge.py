"""Judging by a vision-language model behind the chat-completions interface."""

import base64
import io
import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException, HTTPResponse
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from padzoo.core.cache_folder import cache_folder
from padzoo.core.record import Record
from padzoo.datamodules.judges.ranks import Ranks, check_ranks, rank
from padzoo.datamodules.sets.shard_set import ShardSet

PAIR: Final = (
    "Below are two clips of play, A and B, each as one picture: frames in the order of time, row by row. {prompt} "
    'Answer with JSON alone: {{"better": "A"}}, {{"better": "B"}} or {{"better": "tie"}}.'
)
GROUP: Final = (
    "Below are {ways} clips of play, A to {last}, each as one picture: frames in the order of time, row by row. "
    "{prompt} Answer with JSON alone, the rank of each clip, 1 for the best, equal ranks for a tie: {{{form}}}."
)
BETTER: Final[dict[str, Ranks]] = {"a": [1, 2], "b": [2, 1], "tie": [1, 1]}
LETTERS: Final = "ABCDE"
AT_ONCE: Final = 4  # groups
TRIES: Final = 5  # of a request that fails
ANSWERS: Final = 3  # that are no answer, before the judge abstains
LONGEST_WAIT: Final = 60.0  # seconds between tries
LONGEST_ASKED: Final = 600.0  # if it says how long to wait
LARGEST: Final = 1 << 20  # bytes of an answer
AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass
class Bill:
    """What a judge has asked for.

    Args:
        requests: Answers that were paid for.
        cached: Answers that were known.
        tokens_in: Tokens of the questions, as the model counts them.
        tokens_out: Tokens of the answers.
    """

    requests: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __str__(self) -> str:
        known = f" and {self.cached:,} from the cache" if self.cached else ""
        return f"{self.requests:,} requests{known}, {self.tokens_in:,} tokens in, {self.tokens_out:,} out"


class ChatJudge:
    """Asks a model about each group twice, with the clips in an order and its reverse: what depends on it is a tie.

    Of each clip some frames are sampled evenly and tiled into one picture. A request that fails (too many, a server's
    error, a cut connection, a time-out) is repeated after a while. What is no answer is asked for again, and then, like
    a refusal, an abstention. Answers are kept in the cache folder: the same command resumes and pays nothing twice.

    Args:
        url: The interface's address, `http://.../v1`, or that of its `chat/completions`.
        model: Name of the model, as the server knows it.
        prompt: What is better, in words.
        frames: Frames sampled of each clip, 1 or more.
        timeout: Seconds that an answer may take.
        key: What the server knows its user by; None for none.
        wait: Seconds before the second try; they double with every try.

    Attributes:
        bill: What was asked so far.

    Raises:
        ValueError: If a value is not allowed; later, if the server refuses a request or fails five times.
    """

    def __init__(
        self,
        url: str,
        model: str,
        prompt: str,
        frames: int = 9,
        timeout: float = 60.0,
        key: str | None = None,
        wait: float = 1.0,
    ) -> None:
        if not re.match(r"https?://[^/]", url):
            raise ValueError(f"--judge {url}: allowed: an address that begins with http:// or https://")
        if frames < 1:
            raise ValueError(f"--frames {frames}: allowed: 1 or more")
        base = url.rstrip("/")
        self._url = base if base.endswith("/chat/completions") else f"{base}/chat/completions"
        self._model = model
        self._prompt = prompt
        self._frames = frames
        self._timeout = timeout
        if key is not None and not re.fullmatch(r"[!-~]*", key := key.strip()):
            raise ValueError("PADZOO_JUDGE_KEY: allowed: letters, digits and signs of ASCII, without spaces")
        self._key = key
        self._wait = wait
        self._cache = cache_folder() / "judges"
        self._open = urllib.request.build_opener(_NoRedirect).open  # the key goes nowhere else
        self._lock = Lock()
        self.bill = Bill()

    def __call__(self, trajectories: ShardSet, groups: NDArray[np.int64]) -> Iterator[Ranks | None]:
        """Judges groups; see `padzoo.datamodules.judges.judge.Judge`."""
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            yield from pool.map(lambda rows: self._judge(trajectories, rows), groups.tolist())
        finally:
            pool.shutdown(cancel_futures=True)

    def _judge(self, trajectories: ShardSet, rows: Sequence[int]) -> Ranks | None:
        pictures = [_tile(trajectories.record(row), self._frames) for row in rows]
        there, back = self._ask(pictures), self._ask(pictures[::-1])
        return None if there is None or back is None else _agreed(there, back[::-1])

    def _ask(self, pictures: Sequence[str]) -> Ranks | None:
        ways = len(pictures)
        content: list[dict[str, object]] = [{"type": "text", "text": _question(self._prompt, ways)}]
        for letter, picture in zip(LETTERS, pictures, strict=False):
            content.append({"type": "text", "text": f"Clip {letter}:"})
            content.append({"type": "image_url", "image_url": {"url": picture}})
        body = json.dumps({"model": self._model, "messages": [{"role": "user", "content": content}]}).encode()
        known = self._cache / f"{sha256(self._url.encode() + body).hexdigest()}.json"
        if (kept := _cached(known, ways)) is not None:
            with self._lock:
                self.bill.cached += 1
            return kept["ranks"]
        for _ in range(ANSWERS):
            answer = self._request(body)
            self._count(answer)
            try:
                ranks = _read(answer, ways)
            except ValueError:
                continue
            with self._lock:
                known.parent.mkdir(parents=True, exist_ok=True)
                aside = known.with_suffix(f".{os.getpid()}")  # another process may ask the same
                aside.write_text(json.dumps({"ranks": ranks}))
                aside.replace(known)
            return ranks
        return None

    def _request(self, body: bytes) -> Any:
        """Sends a request until there is an answer, and returns its JSON; None if it is none."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        request = urllib.request.Request(self._url, body, headers)
        for attempt in range(TRIES):
            pause = self._wait * 2**attempt
            try:
                with self._open(request, timeout=self._timeout) as answer:
                    return _json(_whole_answer(answer, time.monotonic() + self._timeout))
            except urllib.error.HTTPError as error:
                trouble = f"status {error.code}"
                if error.code not in AGAIN:
                    raise ValueError(f"--judge {self._url}: {trouble}: {_beginning(error)}") from None
                pause = max(min(pause, LONGEST_WAIT), _seconds(error.headers.get("Retry-After")))
            except (OSError, HTTPException) as error:
                trouble = str(error) or type(error).__name__
            if attempt + 1 < TRIES:
                time.sleep(min(pause, LONGEST_ASKED))
        raise ValueError(f"--judge {self._url}: {trouble}, {TRIES} times; the same command resumes")

    def _count(self, answer: Any) -> None:
        usage = answer.get("usage") if isinstance(answer, dict) else None
        spent = usage if isinstance(usage, dict) else {}
        with self._lock:
            self.bill.requests += 1
            self.bill.tokens_in += _whole(spent.get("prompt_tokens"))
            self.bill.tokens_out += _whole(spent.get("completion_tokens"))


def _whole_answer(answer: HTTPResponse, deadline: float) -> bytes:
    """Reads an answer; the socket's own time-out is that of each part, and a server may send byte by byte."""
    parts, size = [], 0
    while size < LARGEST and (part := answer.read1(LARGEST - size)):
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError("timed out")
    return b"".join(parts)


def _beginning(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(200).decode(errors="replace")
    except (OSError, HTTPException):
        return "the answer broke off"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _tile(record: Record, count: int) -> str:
    """Returns frames of a clip, sampled evenly and tiled row by row, as the URL of a JPEG image."""
    rows = np.unique(np.linspace(0, len(record) - 1, count).round().astype(np.int64))
    height, width = record.frame_size
    frames = np.empty((len(rows), height, width, 3), dtype=np.uint8)
    record.read_rows(rows, frames)
    columns = ceil(len(rows) ** 0.5)
    sheet = np.zeros((ceil(len(rows) / columns) * height, columns * width, 3), dtype=np.uint8)
    for place, frame in enumerate(frames):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + height, left : left + width] = frame
    image = io.BytesIO()
    Image.fromarray(sheet).save(image, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(image.getvalue()).decode()}"


def _question(prompt: str, ways: int) -> str:
    if ways == 2:
        return PAIR.format(prompt=prompt)
    form = ", ".join(f'"{letter}": RANK' for letter in LETTERS[:ways])
    return GROUP.format(ways=ways, last=LETTERS[ways - 1], prompt=prompt, form=form)


def _agreed(there: Ranks, back: Ranks) -> Ranks:
    """Ranks clips by how many others each is better than in both answers, less how many it is worse than in both."""
    said = list(zip(there, back, strict=True))
    better = [[one[0] < other[0] and one[1] < other[1] for other in said] for one in said]  # (ways, ways)
    return rank([sum(mine) - sum(others) for mine, others in zip(better, zip(*better, strict=True), strict=True)])


def _read(answer: Any, ways: int) -> Ranks | None:
    """Returns what a model says; None if it refuses.

    Raises:
        ValueError: If that cannot be understood.
    """
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        if message.get("refusal") or choice.get("finish_reason") == "content_filter":
            return None
        said = json.loads(re.findall(r"\{[^{}]*\}", message["content"])[-1])
        if ways == 2:
            return BETTER[said["better"].strip().lower()]
        return check_ranks([said[letter] for letter in LETTERS[:ways]], ways)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no answer: {error!r}") from None


def _cached(path: Path, ways: int) -> dict[str, Ranks | None] | None:
    found: Any = _json(path.read_bytes()) if path.is_file() else None
    try:
        return {"ranks": check_ranks(found["ranks"], ways)}
    except (LookupError, TypeError, ValueError):
        return None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _seconds(value: str | None) -> float:
    try:
        return float(value or 0)
    except ValueError:  # a date
        return 0.0
