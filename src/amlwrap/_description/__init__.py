"""
Our own description of the service, which botocore's loader finds when botocore has none any more.

Botocore drops the descriptions of retired services. ``data/`` holds names, shapes, constraints, errors, pages, waiters
and endpoint rules as botocore's loader reads them, without prose. As long as botocore has its own, that one is used.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "SERVICE", "client_of", "shared_loader"]

SERVICE = "machinelearning"
FOLDER = Path(__file__).parent / "data"


@cache
def shared_loader() -> Any:
    """botocore's loader, which ends its search at ours; it keeps what it has read, so later clients start faster."""
    from botocore.loaders import Loader

    default: Any = Loader()
    return _ending_at_ours(default.search_paths)


def client_of(session: Any, **options: Any) -> Any:
    """
    A client of the service, made by a boto3 *session*.

    When the session's botocore does not know the service, this one client is made with our description. The session
    and the process stay as they are.
    """
    from botocore.exceptions import UnknownServiceError

    try:
        return session.client(SERVICE, **options)
    except UnknownServiceError:
        core = getattr(session, "_session", None)  # boto3's sessions wrap one of botocore's
        if core is None:
            raise
    client = core.__class__.create_client(_Extended(core), SERVICE, **options)
    # botocore's own handler for this goes with its description.
    client.meta.events.register("request-created.machine-learning.Predict", _to_its_endpoint)
    return client


class _Extended:
    """A session of botocore's as it is, but for what its loader finds."""

    def __init__(self, session: Any) -> None:
        self._original = session

    def get_component(self, name: str) -> Any:
        found = self._original.get_component(name)
        return _extension(tuple(found.search_paths)) if name == "data_loader" else found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@cache
def _extension(search_paths: tuple[str, ...]) -> Any:
    return _ending_at_ours(search_paths)


def _ending_at_ours(search_paths: Sequence[str]) -> Any:
    from botocore.loaders import Loader

    return Loader(extra_search_paths=[*search_paths, str(FOLDER)], include_default_search_paths=False)


def _to_its_endpoint(request: Any, **_: Any) -> None:
    """Send a prediction where it says; this runs before the request is signed, and twice does no harm."""
    named: str = json.loads(request.data).get("PredictEndpoint", "")
    endpoint = urlsplit(named)
    if endpoint.netloc:
        here = urlsplit(str(request.url))
        request.url = urlunsplit((endpoint.scheme, endpoint.netloc, here.path, here.query, ""))
