"""
Who may ask: programs, and pages of this server itself; never a page from elsewhere in somebody's browser.

There are no passwords here, so what protects an engine on a laptop is that only the laptop reaches it. A browser on
that laptop runs other people's code, which must not: a request that a foreign page causes names its origin, and a
name that was made to point at this machine (DNS rebinding) shows in the header ``Host``.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Guard"]

_FOREIGN = frozenset({"cross-site", "same-site"})


class Guard:
    """
    Hands on to *app* what is allowed, and answers the rest with 403.

    Args:
        names: What this server may be called, beside its addresses, ``localhost`` and the machine's own name.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", socket.gethostname().lower(), *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        fault = self._fault(Headers(scope=scope))
        app = self._app if fault is None else _refusal(fault)
        await app(scope, receive, send)

    def _fault(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return f"This server is not called {host[:100]!r}. Let it be: amlwrap serve --allow-host NAME."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return f"Pages from {origin[:100]!r} may not use this server."
        if headers.get("sec-fetch-site") in _FOREIGN:
            return "Pages from elsewhere may not use this server."
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    """Whether *name* is an address, which nobody can make point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refusal(reason: str) -> Response:
    body = json.dumps({"__type": "AccessDeniedException", "message": reason})
    return Response(body, 403, media_type="application/x-amz-json-1.1")
