"""Requests whose body does not come to its end: those that are answered before, and those that are broken off."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ClosingUnread"]


class ClosingUnread:
    """
    Closes the connection behind an answer to a request that was not read to its end.

    Otherwise the rest, or what a client sends next when it was told that its body is not wanted, would be taken for
    the other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        unread = any(name in {b"content-length", b"transfer-encoding"} for name, _ in scope["headers"])

        async def receiving() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and bool(message.get("more_body", False))
            return message

        async def sending(message: Message) -> None:
            if unread and message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        with suppress(ClientDisconnect):  # whoever hung up in the middle of a body hears no answer
            await self._app(scope, receiving, sending)
