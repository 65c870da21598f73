"""The carrier over a socket: the same bytes as in the process, for boto3, the AWS CLI and other SDKs."""

from __future__ import annotations

from amlwrap.local.http.server import Listener, Server

__all__ = ["Listener", "Server"]
