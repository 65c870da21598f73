"""What the server answers: operations at the root, objects below ``/s3``, logs below ``/logs``, a page for people."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from amlwrap.local.http.guard import Guard
from amlwrap.local.http.objects import INERT
from amlwrap.local.http.unread import ClosingUnread
from amlwrap.local.kinds import Kind
from amlwrap.local.protocol import DETAILS_HEADER, MOST_BYTES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from amlwrap.local.engine import Engine
    from amlwrap.local.http.objects import Objects
    from amlwrap.local.protocol import WireReply

__all__ = ["OBJECTS_PATH", "application"]

OBJECTS_PATH = "/s3"

_LOG = logging.getLogger("amlwrap.server")

_ID = re.compile(r"[a-zA-Z0-9_.-]{1,64}")

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>amlwrap</title>
<h1>amlwrap {version}</h1>
<p>This server answers the API of Amazon Machine Learning. From Python:</p>
<pre>aml = amlwrap.connect("{url}")</pre>
<p>With the AWS command line:</p>
<pre>aws machinelearning describe-ml-models --endpoint-url {url} --no-sign-request
aws s3 ls --endpoint-url {url}{objects} --no-sign-request</pre>
</html>
"""


def application(engine: Engine, objects: Objects, url: str, names: Iterable[str] = ()) -> ASGIApp:
    """
    The ASGI application that speaks for *engine*.

    Args:
        objects: The buckets of its home.
        url: Where it is reached, for its page.
        names: What it may be called beside its addresses; see `Guard`.
    """
    operations = _Operations(engine)
    about = {"server": "amlwrap", "version": version("amlwrap"), "objects": OBJECTS_PATH}

    def front_page(request: Request) -> Response:
        if "text/html" in request.headers.get("accept", ""):
            return HTMLResponse(_PAGE.format(url=url, version=about["version"], objects=OBJECTS_PATH))
        return JSONResponse(about)

    routes = [
        Route("/", operations.answer, methods=["POST"]),
        Route("/", front_page, methods=["GET"]),
        Route("/logs/{kind}/{id}", _Logs(engine).answer, methods=["GET"]),
        *objects.routes(OBJECTS_PATH),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return ClosingUnread(Guard(app, names))


class _Logs:
    """What jobs had to say, by the kind and id of what they made."""

    def __init__(self, engine: Engine) -> None:
        self._home = engine.home

    async def answer(self, request: Request) -> Response:
        """The text of a log."""
        kind, ident = request.path_params["kind"], request.path_params["id"]
        if kind in set(Kind) and _ID.fullmatch(ident):
            path = self._home.log(Kind(kind), ident)
            if await run_in_threadpool(path.is_file):
                return FileResponse(path, media_type="text/plain; charset=utf-8", headers=INERT)
        return Response("There is no such log.\n", 404, media_type="text/plain")


class _Operations:
    """Requests of the service's API, answered by an engine in threads of their own."""

    def __init__(self, engine: Engine) -> None:
        self._protocol = engine.protocol

    async def answer(self, request: Request) -> Response:
        """The engine's reply; 500 when it raised something that is no fault."""
        target = request.headers.get("x-amz-target")
        body = await _body(request, self._protocol.most_bytes(target))
        if body is None:
            return _response(self._protocol.too_large(target))
        details, address = request.headers.get(DETAILS_HEADER, ""), str(request.base_url).rstrip("/")
        return _response(await run_in_threadpool(self._reply, target, body, details=details, address=address))

    def _reply(self, target: str | None, body: bytes, *, details: str, address: str) -> WireReply:
        try:
            return self._protocol.answer(target, body, details=details, address=address)
        except Exception:  # noqa: BLE001 - whatever it is, the client waits for an answer
            _LOG.exception("The engine could not answer %.200s.", target)
            return self._protocol.breakdown()


async def _body(request: Request, most: int) -> bytes | None:
    """
    All of the body; None when there is more than *most*.

    Of what is more some is read and dropped: a client that is still sending hears no answer.
    """
    body, n_bytes = bytearray(), 0
    async for chunk in request.stream():
        n_bytes += len(chunk)
        if n_bytes > max(most, MOST_BYTES):
            return None
        if n_bytes > most:
            body.clear()
        else:
            body += chunk
    return None if n_bytes > most else bytes(body)


def _response(reply: WireReply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers))
