"""Logs: which addresses are followed, how much is read, what is taken out of the wrapper."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from amlwrap import _logs
from amlwrap._logs import Opener, Unavailable, log_files, open_url, read_log, without_query

SECRET = "X-Amz-Signature=abc"
WRAPPED = b"""
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain
Content-Transfer-Encoding: base64

SU5GTzogMQo=
--b
Content-Type: image/png

xx
--b

INFO: 2
--b--
"""


class _Handler(BaseHTTPRequestHandler):
    """Says the log, refuses, or sends elsewhere, as the path asks."""

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/log")
        else:
            self.send_response(200 if self.path.startswith("/log") else 403)
        self.end_headers()
        self.wfile.write(b"INFO: done\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on stderr."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def refusal(uri: str, *, opener: Opener = open_url, files_allowed: bool = False, server: str = "") -> str:
    """Why the log at *uri* cannot be had."""
    with pytest.raises(Unavailable) as caught:
        read_log(uri, opener, files_allowed=files_allowed, server=server)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_log_is_fetched(server: str) -> None:
    """From the server that is being asked anyway."""
    assert b"INFO: done\n" == read_log(f"{server}/log?{SECRET}", open_url, files_allowed=False, server=server)


def test_what_the_server_refuses_is_told_without_its_address(server: str) -> None:
    """Expired signatures are refused; redirections lead who knows where, and are not followed."""
    assert "it cannot be read (HTTPError: HTTP Error 403: Forbidden)" == refusal(f"{server}/x?{SECRET}", server=server)
    assert "HTTP Error 302" in refusal(f"{server}/moved?{SECRET}", server=server)


@pytest.mark.parametrize("uri", ["http://169.254.169.254/latest", "ftp://h/x", "file:///etc/hostname", "data:,x", "x"])
def test_other_addresses_are_not_followed(uri: str) -> None:
    """Neither the machine's own files nor its neighbours are anybody's log."""
    assert "of a kind that is not followed here" in refusal(f"{uri}?{SECRET}")


def test_nonsense_is_told() -> None:
    """An address that is none, and one nobody answers at."""
    assert "it cannot be read" in refusal("https://[oops")
    assert "" == without_query("https://[oops")

    def nobody(url: str) -> Any:
        raise OSError(f"no way to {url}")

    assert "it cannot be read (OSError: no way to its address)" == refusal(f"https://h/x?{SECRET}", opener=nobody)


def test_the_engines_logs_are_files(tmp_path: Path) -> None:
    """Its own may be read."""
    (path := tmp_path / "größe.log").write_bytes(b"INFO")

    assert b"INFO" == read_log(path.as_uri(), open_url, files_allowed=True)
    assert "FileNotFoundError" in refusal((tmp_path / "none").as_uri(), files_allowed=True)


def test_a_log_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a bound."""
    monkeypatch.setattr(_logs, "MOST_BYTES", 10)

    assert "it is longer than 10 bytes" == refusal("https://h/log", opener=lambda _: io.BytesIO(b"x" * 11))
    assert b"x" * 10 == read_log("https://h/log", lambda _: io.BytesIO(b"x" * 10), files_allowed=False)


@pytest.mark.parametrize(
    ("content", "files"),
    [
        (b"16/12/19 INFO: plain", {"log.txt": b"16/12/19 INFO: plain"}),
        (
            WRAPPED,
            {"log.txt": b"INFO: 1\nINFO: 2"},
        ),
        (b"Content-Type: image/png\n\nno text", {"log.txt": b"Content-Type: image/png\n\nno text"}),
        (b"", {"log.txt": b""}),
    ],
)
def test_the_wrapper_comes_off(content: bytes, files: dict[str, bytes]) -> None:
    """Text parts are the log; the wrapper is kept beside it; what is no wrapper stays as it is."""
    found = log_files(content)

    assert files["log.txt"] == found["log.txt"]
    assert found.get("log.mime", content) == content
    assert (len(found) == 2) == (found["log.txt"] != content)
