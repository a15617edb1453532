"""Checks of every request (host, origin, token, size), and the security headers of every answer."""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 1_000_000
COOKIE = "greenlight"
HEADERS = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Guard:
    """Refuses requests for other hosts, from other pages, without the token, or too large.

    A page elsewhere may have its name lead to this machine; the browser then sends that name as the host.

    Attributes:
        hosts: names and ports that may be asked for, such as 127.0.0.1:8000; empty: any.
        token: that a request must bring, as bearer or as the cookie that a link with it sets; empty: none.
    """

    app: App
    hosts: Sequence[str]
    token: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _with_headers(send))
            return
        body = await _read(receive)
        if body is None:
            too_large = _problem(413, f"a request must have at most {MOST_BYTES:,} bytes")
            await too_large(scope, receive, _with_headers(send))
            return
        await self.app(scope, _given(body, receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host, origin = headers.get("host", ""), headers.get("origin")
        if self.hosts and host not in self.hosts:
            return _problem(403, "the request is for another host than this application's")
        if origin is not None and urlsplit(origin).netloc != host:
            return _problem(403, "the request comes from another page than this application's")
        if headers.get("content-length", "0").isdecimal() and int(headers.get("content-length", "0")) > MOST_BYTES:
            return _problem(413, f"a request must have at most {MOST_BYTES:,} bytes")
        return self._without_token(scope, headers) if self.token else None

    def _without_token(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["method"] == "GET" and scope["path"] == "/" and self._is_token(given):
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer
        cookies = SimpleCookie(headers.get("cookie", ""))
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if self._is_token(bearer) or (COOKIE in cookies and self._is_token(cookies[COOKIE].value)):
            return None
        return _problem(401, "the request needs the token that `serve` printed: Authorization: Bearer TOKEN")

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _problem(status: int, message: str) -> Response:
    return JSONResponse({"detail": message}, status_code=status)


async def _read(receive: Receive) -> bytes | None:
    """Return the body of a request; None where it is too large."""
    parts, size, more = list[bytes](), 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BYTES:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _given(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives a body that was read already."""
    parts = [body]

    async def read() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": parts.pop(), "more_body": False} if parts else await receive()

    return read


def _with_headers(send: Send) -> Send:
    """Return a sender that adds `HEADERS` to an answer."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in message.get("headers", [])}
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in names]
            message["headers"] = [*message.get("headers", []), *own]
        await send(message)

    return sending
