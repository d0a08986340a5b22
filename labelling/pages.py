"""What the labelling page asks its server, and the answers."""

import json
import math
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from padzoo.core.strict import build
from padzoo.datamodules.judges.judgement import WAYS
from padzoo.labelling.clips import Clips
from padzoo.labelling.desk import Conflict, Desk

FRAMES_PER_SECOND: Final = 10  # steps a second of a trajectory
LARGEST: Final = 4096  # bytes of a request
LONGEST: Final = 40  # characters of a name
DAY: Final = 86_400.0
NAME: Final = re.compile(r"\w[\w .@+-]{0,39}")
PAGES: Final = {
    "": ("index.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "film.js": ("film.js", "text/javascript"),
    "ranking.js": ("ranking.js", "text/javascript"),
    "server.js": ("server.js", "text/javascript"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}


@dataclass(frozen=True)
class Said:
    """What the page sends: of a labeller and a round.

    Args:
        who: The labeller.
        round: The round's name; None where none is open.
        ranks: Rank of each clip; None to skip the round or to undo.
        seconds: How long it took; None to undo.
    """

    who: str
    round: str | None = None
    ranks: list[int] | None = None
    seconds: float | None = None


class Pages:
    """What the page asks for.

    Args:
        desk: Where rounds come from and judgements go.
        clips: The clips by key.
        name: Who labels if the page does not say.
        criterion: What is better, in words.
    """

    def __init__(self, desk: Desk, clips: Clips, name: str, criterion: str) -> None:
        self._desk = desk
        self._clips = clips
        self._name = check_name(name)
        self._criterion = criterion

    def routes(self) -> list[Route]:
        """Returns what is answered, below the token."""
        pages = files("padzoo.labelling") / "page"
        static = [
            Route(f"/{path}", _file((pages / name).read_bytes(), kind), methods=["GET"])
            for path, (name, kind) in PAGES.items()
        ]
        return [
            *static,
            Route("/round", self._round, methods=["GET"]),
            Route("/judge", self._judge, methods=["POST"]),
            Route("/undo", self._undo, methods=["POST"]),
            Route("/clips/{round}/{place:int}", self._clip, methods=["GET"]),
        ]

    async def _round(self, request: Request) -> Response:
        return await self._answer(check_name(request.query_params.get("who") or self._name))

    async def _judge(self, request: Request) -> Response:
        said = await _said(request)
        if said.round is None or said.seconds is None:
            raise ValueError("round and seconds: allowed: a round's name and a number")
        if said.ranks is not None and any(rank not in range(1, WAYS[-1] + 1) for rank in said.ranks):
            raise ValueError(f"ranks: allowed: 1 to {WAYS[-1]}")
        if isinstance(said.seconds, float) and not math.isfinite(said.seconds):
            raise ValueError("seconds: allowed: a number")
        seconds = min(max(said.seconds, 0.0), DAY)  # a whole number may be beyond any float
        await run_in_threadpool(self._desk.judge, said.who, said.round, said.ranks, seconds)
        return await self._answer(said.who)

    async def _undo(self, request: Request) -> Response:
        said = await _said(request)
        await run_in_threadpool(self._desk.undo, said.who, said.round)
        return await self._answer(said.who)

    async def _clip(self, request: Request) -> Response:
        key = self._desk.clip(request.path_params["round"], request.path_params["place"])
        if key is None:
            raise HTTPException(404, "no such clip")
        clip = await run_in_threadpool(self._clips.__getitem__, key)
        return Response(clip, media_type="application/octet-stream", headers={"Cache-Control": "private, max-age=3600"})

    async def _answer(self, who: str) -> Response:
        opened = await run_in_threadpool(self._desk.round, who)
        progress = await run_in_threadpool(self._desk.progress, who)
        found: dict[str, Any] = {"round": None, "clips": 0, "who": who, "criterion": self._criterion}
        if opened is not None:
            found |= {"round": opened.name, "clips": len(opened.clips), "rate": FRAMES_PER_SECOND}
        return JSONResponse(found | {"progress": asdict(progress)})


def application(pages: Pages) -> Starlette:
    """Builds the application, which a `Guard` is to stand before.

    Args:
        pages: What is answered.
    """
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        HTTPException: _refused,
        ValueError: _refused,
        Conflict: _refused,
        OSError: _refused,
    }
    app = Starlette(routes=pages.routes(), exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def check_name(name: str) -> str:
    """Returns a labeller's name.

    Args:
        name: What they call themselves.

    Raises:
        ValueError: If it is none.
    """
    name = unicodedata.normalize("NFC", name).strip()
    letters = "".join(each for each in name if not unicodedata.category(each).startswith("M"))  # a letter's own
    if not NAME.fullmatch(letters) or len(name) > LONGEST:
        raise ValueError(f"name {name[:60]!r}: allowed: 1 to 40 letters, digits, spaces and _ . @ + -")
    return name


def _file(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return Response(content, media_type=kind)

    return answer


async def _said(request: Request) -> Said:
    """Reads what the page sends, no more than it could send."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "allowed: application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, f"allowed: up to {LARGEST} bytes")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("no JSON") from None
    said = build(Said, found, "request")
    return replace(said, who=check_name(said.who))


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code, dict(error.headers or {}))
    status = {Conflict: 409, ValueError: 400}.get(type(error), 500)
    return JSONResponse({"error": str(error)}, status)
