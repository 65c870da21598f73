"""Objects that a server of ours keeps, reached by the calls that reach S3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from amlwrap.exceptions import ConfigError
from amlwrap.objects._s3 import S3, s3_errors

if TYPE_CHECKING:
    from collections.abc import Callable

_TROUBLE = 500  # from this status on the server is at fault, and nothing is known


class Served(S3):
    """
    The buckets of ``amlwrap serve``.

    Args:
        client_factory: Makes a boto3 S3 client of the server.
        url: What the server is called, for errors.
        own: A bucket that every such server has. It is never looked for anywhere else: a server without it is another
            one, and what was meant for it must not go to whoever has a bucket of that name in S3.
    """

    def __init__(self, client_factory: Callable[[], Any], url: str, own: str) -> None:
        super().__init__(client_factory)
        self._url, self._own = url, own
        self._there: set[str] = set()

    def has_bucket(self, bucket: str) -> bool:
        """Whether the server keeps *bucket*; one that was there is not asked for again."""
        if bucket in self._there:
            return True
        with s3_errors(f"s3://{bucket}"):
            try:
                self._client.head_bucket(Bucket=bucket)
            except import_module("botocore.exceptions").ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _TROUBLE:
                    raise
                self._refuse_own(bucket)
                return False
        self._there.add(bucket)
        return True

    def _refuse_own(self, bucket: str) -> None:
        if bucket == self._own:
            found = f"none at {self._url}, which is not amlwrap's server"
            remedy = 'Pass connect(staging="s3://BUCKET/PREFIX/") or set AMLWRAP_STAGING.'
            raise ConfigError("staging", found, "an s3:// location you may write to", remedy)
