"""Logs of jobs: fetched from the address the service gives, taken out of their MIME wrapper."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from http.client import HTTPException
from typing import BinaryIO, TypeAlias
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

__all__ = ["MOST_BYTES", "Opener", "Unavailable", "log_files", "open_url", "read_log", "without_query"]

MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 30.0

Opener: TypeAlias = "Callable[[str], BinaryIO]"
"""Opens an ``http`` or ``https`` address for reading."""


class Unavailable(Exception):
    """Something that cannot be had; whoever asked says what that means. It goes no further than this package."""


def open_url(url: str) -> BinaryIO:
    """What a GET of *url* answers; no redirection is followed, no other scheme is spoken."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler,
        request.HTTPHandler,
        request.HTTPSHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    answer: BinaryIO = opener.open(url, timeout=_SECONDS)
    return answer


def read_log(uri: str, opener: Opener, *, files_allowed: bool, server: str = "") -> bytes:
    """
    The log at *uri*, at most `MOST_BYTES` of it.

    Args:
        files_allowed: Whether a ``file:`` address may be followed, as the embedded engine gives it; a server's would
            name a file of this machine.
        server: The address of a server that may be asked without encryption, since it is asked so all the time.

    Raises:
        Unavailable: It cannot be read. The reason does not repeat the address, which may hold a signature.
    """
    try:
        scheme, host = urlsplit(uri)[:2]
        if scheme == "https" or (scheme, host) == ("http", urlsplit(server).netloc):
            source = opener(uri)
        elif scheme == "file" and files_allowed:
            source = open(url2pathname(urlsplit(uri).path), "rb")  # noqa: PTH123, SIM115 - closed below
        else:
            raise Unavailable(f"its address, {without_query(uri)!r}, is of a kind that is not followed here")
        with source:
            content = source.read(MOST_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        words = str(error).replace(uri, "its address")
        raise Unavailable(f"it cannot be read ({type(error).__name__}: {words})") from None
    if len(content) > MOST_BYTES:
        raise Unavailable(f"it is longer than {MOST_BYTES:,} bytes")
    return content


def log_files(content: bytes) -> dict[str, bytes]:
    r"""
    The log as text and, when it came in a wrapper, the wrapper too.

    >>> wrapped = b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nINFO: done\n\n--b--\n'
    >>> log_files(wrapped)["log.txt"], log_files(b"INFO: done")
    (b'INFO: done\n', {'log.txt': b'INFO: done'})
    """
    text = _unwrapped(content)
    return {"log.txt": content} if text is None else {"log.txt": text, "log.mime": content}


def _unwrapped(content: bytes) -> bytes | None:
    head = content.lstrip()[:4096].lower()
    if not head.startswith((b"mime-version:", b"content-type:")):
        return None
    message = email.message_from_bytes(content.lstrip(), policy=email.policy.compat32)
    parts = [part.get_payload(decode=True) for part in message.walk() if part.get_content_maintype() == "text"]
    texts = [part for part in parts if isinstance(part, bytes)]
    return b"".join(texts) if texts else None


def without_query(uri: str) -> str:
    """
    *uri* without what may be a secret in it: name and password, query, fragment.

    >>> without_query("https://me:word@host:8/path?X-Amz-Signature=abc#there")
    'https://host:8/path'
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
