"""A socket that is listened to, and the server on it."""

from __future__ import annotations

import importlib.util
import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from amlwrap.exceptions import ConfigError, MissingExtraError
from amlwrap.objects import Folder

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from amlwrap.local.engine import Engine

__all__ = ["STAGING", "Listener", "Server"]

STAGING = "staging"
"""The bucket where clients put what they send, unless they name another."""

_PACKAGES = ("starlette", "uvicorn")
_MOST_PORT = 65535
_PATIENCE_SECONDS = 10  # for requests that are being answered when the server is told to stop


class Listener:
    """
    A socket where clients may knock already; they are let in when a `Server` runs.

    Args:
        host: Name or address of this machine.
        port: 0 for one that is free.

    Attributes:
        url: Where it is.

    Raises:
        MissingExtraError: The server's packages are not installed.
        ConfigError: The place is taken or not this machine's.

    >>> with Listener(port=0) as listener:
    ...     listener.url, listener.is_loopback
    ('http://127.0.0.1:...', True)
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 8228) -> None:
        if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
            raise MissingExtraError("the server", "server")
        self.socket = _bound(host, port)
        address = self.socket.getsockname()[0]
        self.is_loopback = ipaddress.ip_address(address).is_loopback
        known = "127.0.0.1" if address == "0.0.0.0" else "::1" if address == "::" else address  # noqa: S104 - only compared
        shown = f"[{known}]" if ":" in known else known
        self.url = f"http://{shown}:{self.socket.getsockname()[1]}"

    def close(self) -> None:
        """Stop listening."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Server:
    """
    Lets an engine answer those who knock at *listener*.

    Nobody is asked who they are: whoever reaches the socket may do everything.

    Args:
        names: What the server may be called by its clients, beside its addresses, ``localhost`` and the machine's
            name.
    """

    def __init__(self, engine: Engine, listener: Listener, *, names: Iterable[str] = ()) -> None:
        import uvicorn

        from amlwrap.local.http.app import application
        from amlwrap.local.http.objects import Objects

        folder = Folder(engine.home.objects, durable=engine.home.durable)
        folder.make_bucket(STAGING)
        self._objects = Objects(folder)
        self.url = listener.url
        self._socket = listener.socket
        self._server = uvicorn.Server(
            uvicorn.Config(
                application(engine, self._objects, self.url, names),
                lifespan="off",
                log_config=None,
                access_log=False,
                log_level="warning",
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=_PATIENCE_SECONDS,
            )
        )

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """
        Answer until the process is interrupted or told to end (SIGINT, SIGTERM), or `stop` is called.

        Args:
            ready: Called when signals are heard and clients may come.
        """
        try:
            with _signals_to(self.stop):
                if ready is not None:
                    ready()
                self._server.run(sockets=[self._socket])
        finally:
            self._objects.close()

    def stop(self) -> None:
        """Let `run` return when what is being answered is answered; from any thread."""
        self._server.should_exit = True

    @contextmanager
    def in_background(self) -> Generator[str]:
        """Answer in a thread of its own until the block ends; gives the URL."""
        thread = threading.Thread(target=self.run, name="amlwrap-server")
        thread.start()
        try:
            yield self.url
        finally:
            self.stop()
            thread.join()


@contextmanager
def _signals_to(stop: Callable[[], None]) -> Generator[None]:
    """
    Let signals *stop* the server until uvicorn hears them itself, and again when it raises them anew behind its end.

    Whoever had them before would end the process, and the engine would not be closed.
    """

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, heard) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _bound(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _MOST_PORT:
        raise _not_here(host, port, f"ports go up to {_MOST_PORT}")
    try:
        family, *_, (address, *_) = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        bound = socket.create_server((address, port), family=family)
    except OSError as error:
        raise _not_here(host, port, str(error)) from error
    # asyncio switches Nagle's algorithm off, which costs 40 ms a call, only where the protocol is spelled out.
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, bound.detach())


def _not_here(host: str, port: int, reason: str) -> ConfigError:
    remedy = "Choose another port, or 0 for one that is free."
    return ConfigError("server", f"{host}:{port} ({reason})", "a place of this machine to listen at", remedy)
