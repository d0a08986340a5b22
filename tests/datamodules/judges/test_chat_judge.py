import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from padzoo.datamodules.judges.chat_judge import ChatJudge
from padzoo.datamodules.judges.ranks import Ranks
from padzoo.datamodules.sets.shard_set import ShardSet

PAIRS = np.array([[5, 2], [2, 9], [17, 1]])
RIGHT = [[1, 2], [2, 1], [1, 2]]
Reply = Callable[[dict[str, Any], int], tuple[int, Any, dict[str, str]]]


class Model:
    """A server of the chat-completions interface that answers as it is told to."""

    def __init__(self) -> None:
        self.reply: Reply = lambda asked, number: (200, completion(greener(asked)), {})
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""


def completion(said: object, **more: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 100, "completion_tokens": 7}
    return {"choices": [{"message": {"role": "assistant", "content": said} | more}], "usage": usage}


def sheets(asked: dict[str, Any]) -> list[np.ndarray]:
    urls = [part["image_url"]["url"] for part in asked["messages"][0]["content"] if part["type"] == "image_url"]
    images = [base64.b64decode(url.removeprefix("data:image/jpeg;base64,")) for url in urls]
    return [np.asarray(Image.open(io.BytesIO(image))) for image in images]


def greener(asked: dict[str, Any]) -> str:
    first, second = (sheet[50, 30, 1] for sheet in sheets(asked))
    return f'I compared {{them}}.\n```json\n{{"better": "{"A" if first > second else "B"}"}}\n```'


@pytest.fixture
def model() -> Iterator[Model]:
    model, lock = Model(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                model.asked.append(asked)
                model.headers.append(dict(self.headers) | {"path": self.path})
                number = len(model.asked)
            status, said, headers = model.reply(asked, number)
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            for part in [body] if "Drip" not in headers else [body[:1]] * len(body):
                time.sleep(float(headers.get("Drip", 0)))
                self.wfile.write(part)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign, misc] - a client that went away
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        model.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield model
        server.shutdown()


def build(model: Model, **changes: Any) -> ChatJudge:
    return ChatJudge(**({"url": model.url, "model": "seer", "prompt": "The greener?", "wait": 0.01} | changes))


def ranks(judge: ChatJudge, shards: Path, groups: NDArray[np.int64] = PAIRS) -> list[Ranks | None]:
    return list(judge(ShardSet(shards), groups))


def test_a_model_is_shown_frames_in_both_orders(model: Model, shards: Path) -> None:
    judge = build(model, key="secret")
    assert ranks(judge, shards) == RIGHT
    assert len(model.asked) == 6
    assert {sheet.shape for asked in model.asked for sheet in sheets(asked)} == {(192, 192, 3)}  # 3 x 3 frames
    text = model.asked[0]["messages"][0]["content"][0]["text"]
    assert "The greener?" in text
    assert '{"better": "A"}' in text
    assert {asked["model"] for asked in model.asked} == {"seer"}
    assert {each["Authorization"] for each in model.headers} == {"Bearer secret"}
    assert {each["path"] for each in model.headers} == {"/v1/chat/completions"}
    assert str(judge.bill) == "6 requests, 600 tokens in, 42 out"


def test_what_is_known_is_not_asked_again(model: Model, shards: Path) -> None:
    first = ranks(build(model), shards)
    again = build(model, url=f"{model.url}/chat/completions/")
    assert ranks(again, shards) == first
    assert len(model.asked) == 6
    assert str(again.bill) == "0 requests and 6 from the cache, 0 tokens in, 0 out"
    ranks(build(model, prompt="The redder?"), shards)
    assert len(model.asked) == 12


def test_a_preference_for_a_place_is_a_tie(model: Model, shards: Path) -> None:
    model.reply = lambda asked, number: (200, completion('{"better": "A"}'), {})
    assert ranks(build(model), shards) == [[1, 1]] * 3


def by_letter(asked: dict[str, Any]) -> dict[str, int]:
    """Ranks any number of clips, the greener the better."""
    greens = [int(sheet[50, 30, 1]) for sheet in sheets(asked)]
    return {"ABCDE"[place]: sorted(greens, reverse=True).index(green) + 1 for place, green in enumerate(greens)}


def test_a_model_ranks_several_clips_in_both_orders(model: Model, shards: Path) -> None:
    model.reply = lambda asked, number: (200, completion(f"My ranks: {json.dumps(by_letter(asked))}"), {})
    fives = np.array([[5, 2, 17, 9, 13], [2, 9, 5, 20, 17]])
    right: list[Ranks | None] = [[4, 5, 1, 3, 2], [5, 3, 4, 1, 2]]
    assert ranks(build(model), shards, fives) == right
    assert ranks(build(model), shards, fives) == right
    assert len(model.asked) == 4  # each group and its reverse, once
    parts = [part.get("text", "picture") for part in model.asked[0]["messages"][0]["content"]]
    assert "Below are 5 clips of play, A to E," in parts[0]
    assert '{"A": RANK, "B": RANK, "C": RANK, "D": RANK, "E": RANK}' in parts[0]
    assert parts[1:] == [each for letter in "ABCDE" for each in (f"Clip {letter}:", "picture")]


@pytest.mark.parametrize(
    ("there", "back", "together"),
    [
        ([1, 2, 3], [1, 2, 3], [1, 1, 1]),  # what is shown first is better
        ([1, 2, 3], [2, 3, 1], [1, 2, 2]),  # B and C are first this way, then that way
        ([1, 2, 3], [3, 2, 1], [1, 2, 3]),
        ([1, 2, 3], [2, 2, 1], [1, 2, 2]),  # a tie one way
    ],
)
def test_ranks_that_depend_on_the_order_tie(
    model: Model, shards: Path, there: Ranks, back: Ranks, together: Ranks
) -> None:
    def reply(asked: dict[str, Any], number: int) -> tuple[int, Any, dict[str, str]]:
        greens = [sheet[50, 30, 1] for sheet in sheets(asked)]
        said = there if greens[0] > greens[2] else back
        return 200, completion(json.dumps(dict(zip("ABC", said, strict=True)))), {}

    model.reply = reply
    assert ranks(build(model), shards, np.array([[17, 9, 2]])) == [together]


def test_ranks_of_some_clips_only_are_no_answer(model: Model, shards: Path) -> None:
    model.reply = lambda asked, number: (200, completion('{"A": 1, "B": 2}'), {})
    judge = build(model)
    assert ranks(judge, shards, np.array([[5, 2, 9]])) == [None]
    assert judge.bill.requests == 6


@pytest.mark.parametrize(
    "said",
    [
        completion("A is better."),
        completion(None),
        completion([1, 2]),
        completion('{"better": "C"}'),
        {"choices": []},
        b"<html>",
        b"[" * 5000,
    ],
    ids=["words", "nothing", "a list", "another letter", "no choice", "a page", "too deep"],
)
def test_what_is_no_answer_is_asked_again_and_then_an_abstention(model: Model, shards: Path, said: object) -> None:
    model.reply = lambda asked, number: (200, said, {})
    judge = build(model)
    assert ranks(judge, shards) == [None] * 3
    assert judge.bill.requests == 18
    model.reply = Model().reply
    assert ranks(judge, shards) == RIGHT  # nothing of it was kept


def test_a_refusal_is_an_abstention(model: Model, shards: Path) -> None:
    model.reply = lambda asked, number: (200, completion(None, refusal="I would rather not."), {})
    judge = build(model)
    assert ranks(judge, shards) == [None] * 3
    assert judge.bill.requests == 6


def test_too_many_requests_and_errors_are_waited_for(model: Model, shards: Path) -> None:
    def reply(asked: dict[str, Any], number: int) -> tuple[int, Any, dict[str, str]]:
        if number <= 4:
            return (429, {"error": "slow down"}, {"Retry-After": "0.2"}) if number % 2 else (503, b"busy", {})
        return 200, completion(greener(asked)), {}

    model.reply = reply
    start = time.monotonic()
    judge = build(model)
    assert ranks(judge, shards) == RIGHT
    assert time.monotonic() - start >= 0.2
    assert len(model.asked) == 10
    assert judge.bill.requests == 6


def test_a_slow_server_is_asked_again_and_then_given_up(model: Model, shards: Path) -> None:
    def reply(asked: dict[str, Any], number: int) -> tuple[int, Any, dict[str, str]]:
        if number == 1:
            time.sleep(1)
        return 200, completion(greener(asked)), {}

    model.reply = reply
    assert ranks(build(model, timeout=0.3), shards) == RIGHT
    model.reply = lambda asked, number: (time.sleep(1), (200, b"", {}))[1]  # type: ignore[func-returns-value]
    with pytest.raises(ValueError, match=r"--judge http.*: .*timed out.*, 5 times; the same command resumes"):
        ranks(build(model, timeout=0.05, prompt="Once more?"), shards)


def test_an_answer_that_drips_is_late_too(model: Model, shards: Path) -> None:
    model.reply = lambda asked, number: (200, completion(greener(asked)), {"Drip": "0.05"})
    start = time.monotonic()
    with pytest.raises(ValueError, match=r"--judge http.*: timed out, 5 times; the same command resumes"):
        ranks(build(model, timeout=0.2), shards)
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("status", "headers"), [(401, {}), (400, {}), (404, {}), (302, {"Location": "http://127.0.0.1:1/elsewhere"})]
)
def test_a_request_that_is_refused_is_one_line(
    model: Model, shards: Path, status: int, headers: dict[str, str]
) -> None:
    model.reply = lambda asked, number: (status, {"error": "no such user"}, headers)
    with pytest.raises(ValueError, match=f"--judge http.*: status {status}: .*no such user") as caught:
        ranks(build(model, key="secret"), shards)
    assert "secret" not in str(caught.value)


def test_an_error_whose_text_breaks_off_is_tried_again(model: Model, shards: Path) -> None:
    def reply(asked: dict[str, Any], number: int) -> tuple[int, Any, dict[str, str]]:
        if number <= 2:
            return 503, b"{", {"Content-Length": "1000"}
        return 200, completion(greener(asked)), {}

    model.reply = reply
    assert ranks(build(model, prompt="Broken?"), shards) == RIGHT


def test_a_key_is_not_shown(model: Model, shards: Path) -> None:
    assert ranks(build(model, key="sk-secret\r\n", prompt="Keys?"), shards) == RIGHT
    assert model.headers[-1]["Authorization"] == "Bearer sk-secret"
    with pytest.raises(ValueError, match="PADZOO_JUDGE_KEY: allowed: letters, digits") as caught:
        build(model, key="sk-se\ncret")
    assert "cret" not in str(caught.value)


def test_nobody_there_is_one_line(shards: Path) -> None:
    judge = ChatJudge("http://127.0.0.1:9", "seer", "?", wait=0.01)
    with pytest.raises(ValueError, match=r"--judge http://127.0.0.1:9/chat/completions: .*refused.*, 5 times"):
        ranks(judge, shards)
    for url, frames, message in (("file:///etc", 1, "begins with http"), ("http://x", 0, "--frames 0: allowed: 1 or")):
        with pytest.raises(ValueError, match=message):
            ChatJudge(url, "seer", "?", frames)
