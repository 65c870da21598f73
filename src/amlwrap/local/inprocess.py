"""The carrier inside the process: a boto3 client's requests are answered by an engine, and never leave."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from amlwrap._description import SERVICE, shared_loader
from amlwrap.local.protocol import DETAILS_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from amlwrap.local.protocol import Protocol

__all__ = ["client_for"]

_REGION = "us-east-1"

# Nothing of the user's configuration concerns a client that talks to nobody; a missing profile must not break it.
_NO_CONFIGURATION: dict[str, tuple[None, list[str], str | None, None]] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
    "ca_bundle": (None, [], None, None),
}


def client_for(protocol: Protocol) -> Any:
    """
    A boto3 client for Amazon Machine Learning whose every request *protocol* answers.

    It is unsigned, asks nobody for credentials, and tries once. What the engine raises that is no fault comes out as
    itself.
    """
    session: Any = botocore.session.Session(session_vars=_NO_CONFIGURATION)
    session.register_component("data_loader", shared_loader())
    config = Config(
        signature_version=UNSIGNED,
        retries={"total_max_attempts": 1, "mode": "standard"},
        parameter_validation=True,
        ignore_configured_endpoint_urls=True,
        use_dualstack_endpoint=False,
        use_fips_endpoint=False,
    )
    client = session.create_client(SERVICE, region_name=_REGION, config=config)
    service_id = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-send.{service_id}", _Carrier(protocol))
    return client


class _Carrier:
    """A handler of ``before-send``; it always answers, or the request would go out to the network."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol

    def __call__(self, request: Any, **_: object) -> AWSResponse:
        body = request.body or b""
        details = request.headers.get(DETAILS_HEADER, "")
        reply = self._protocol.answer(
            request.headers.get("X-Amz-Target"),
            body.encode() if isinstance(body, str) else body,
            details=details if isinstance(details, str) else details.decode("latin-1"),
        )
        return AWSResponse(request.url, reply.status, dict(reply.headers), _Raw(reply.body))


class _Raw:
    """A body where botocore expects urllib3's."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body
