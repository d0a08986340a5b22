"""Who may ask the labelling page's server."""

import hmac
import re
from typing import Final

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Guard:
    """Lets through what comes from the page alone: with the token, to this host, and from no other site.

    Args:
        app: What is guarded, which sees paths without the token.
        token: The first part of every path.
        hosts: Names of this host; empty for any, where the token alone must do.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = {name.lower(): value for name, value in HEADERS.items()} | {"cache-control": "no-store"}
                given = {name for name, _ in message["headers"]}
                more = [
                    (name.encode(), value.encode()) for name, value in headers.items() if name.encode() not in given
                ]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        complaint = self._complaint(scope, headers)
        if complaint is not None:
            await JSONResponse({"error": complaint}, 403)(scope, receive, sealed)
            return
        rest = scope["path"][1 + len(self._token) :]
        if not rest:
            await RedirectResponse(f"/{self._token.decode()}/")(scope, receive, sealed)
            return
        await self._app({**scope, "path": rest, "raw_path": rest.encode(), "root_path": ""}, receive, sealed)

    def _complaint(self, scope: Scope, headers: dict[str, str]) -> str | None:
        token = scope["path"].split("/")[1] if scope["path"].startswith("/") else ""
        if not hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._token):
            return "the address that padzoo label printed is needed"
        host = headers.get("host", "")
        if self._hosts and re.sub(r":\d+$", "", host) not in self._hosts:
            return "another host is meant"
        if scope["method"] not in ("GET", "HEAD"):
            if headers.get("origin", f"http://{host}") != f"http://{host}":
                return "another site asks"
            if headers.get("sec-fetch-site", "same-origin") != "same-origin":
                return "another site asks"
        return None
