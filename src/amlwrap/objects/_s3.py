"""Objects in S3, through boto3, which is imported when the first one is asked for."""

from __future__ import annotations

import io
import tempfile
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from amlwrap.exceptions import DataError
from amlwrap.objects._base import Infos, ObjectInfo, Sent, split_uri
from amlwrap.objects._files import full_disk, opened

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator
    from pathlib import Path

_MISSING_CODES = frozenset({"404", "NoSuchKey", "NotFound"})
_CREDENTIALS = (
    "Configure credentials as for boto3: environment, ~/.aws or a role. "
    "To keep a bucket in the embedded engine instead, make the folder s3/BUCKET in the engine's own folder."
)
_REMEDIES = {
    "NoSuchKey": "Check the key: S3 tells upper from lower case.",
    "404": "Check the key: S3 tells upper from lower case.",
    "NoSuchBucket": "Check the bucket's name and the account the credentials belong to.",
    "403": "Let these credentials do so on this object, or use others.",
    "AccessDenied": "Let these credentials do so on this object, or use others.",
    "InvalidAccessKeyId": "Renew the credentials.",
    "SignatureDoesNotMatch": "Renew the credentials.",
    "ExpiredToken": "Renew the credentials.",
    "301": "Give the client the bucket's own region.",
    "PermanentRedirect": "Give the client the bucket's own region.",
    "NoCredentialsError": _CREDENTIALS,
    "PartialCredentialsError": _CREDENTIALS,
    "EndpointConnectionError": "Check the region and the network.",
}


def _boto3_client() -> Any:
    return import_module("boto3.session").Session().client("s3")


class S3:
    """
    Objects in S3, through a boto3 client that is made when first needed.

    Keys that end in ``/`` are the console's folder markers and are not listed.
    """

    def __init__(self, client_factory: Callable[[], Any] = _boto3_client) -> None:
        self._client_factory = client_factory
        self._made: Any = None

    @property
    def _client(self) -> Any:
        # Two threads may each make one; either will do.
        self._made = self._made or self._client_factory()
        return self._made

    def head(self, uri: str) -> ObjectInfo | None:
        """What is known about the object; None when there is none."""
        bucket, key = _named(uri)
        with s3_errors(uri):
            try:
                found = self._client.head_object(Bucket=bucket, Key=key)
            except import_module("botocore.exceptions").ClientError as error:
                if error.response["Error"]["Code"] in _MISSING_CODES:
                    return None
                raise
        return ObjectInfo(uri, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"])

    def list(self, uri_prefix: str) -> Infos:
        """All objects whose URI starts with *uri_prefix*, in byte order of their keys."""
        bucket, prefix = split_uri(uri_prefix)
        with s3_errors(uri_prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            found = [item for page in pages for item in page.get("Contents", ()) if not item["Key"].endswith("/")]
        found.sort(key=lambda item: item["Key"].encode())  # directory buckets list in no order
        return [
            ObjectInfo(f"s3://{bucket}/{item['Key']}", item["Size"], item["ETag"].strip('"'), item["LastModified"])
            for item in found
        ]

    def open(self, uri: str, start: int = 0) -> BinaryIO:
        """The object's bytes from *start* on, streamed."""
        bucket, key = _named(uri)
        part = {"Range": f"bytes={start}-"} if start else {}
        with s3_errors(uri):
            body = self._client.get_object(Bucket=bucket, Key=key, **part)["Body"]
        return cast("BinaryIO", io.BufferedReader(_Body(uri, body), 1 << 20))

    def local_path(self, uri: str) -> Path | None:
        """None: nothing in S3 is a file on this machine."""
        return None

    def put_file(self, uri: str, path: str | os.PathLike[str], sent: Sent | None = None) -> None:
        """Copy the file at *path* to *uri*, telling *sent* of every piece."""
        with opened(path) as source:
            self._upload(uri, source, sent)

    def put_bytes(self, uri: str, data: bytes) -> None:
        """Write *data* to *uri*."""
        bucket, key = _named(uri)
        with s3_errors(uri):
            self._client.put_object(Bucket=bucket, Key=key, Body=data)

    @contextmanager
    def writer(self, uri: str) -> Generator[BinaryIO, None, None]:
        """A temporary file, sent to *uri* when the ``with`` block ends well."""
        _named(uri)
        with full_disk(uri), tempfile.TemporaryFile() as spool:
            yield cast("BinaryIO", spool)
            spool.seek(0)
            self._upload(uri, cast("BinaryIO", spool))

    def _upload(self, uri: str, source: BinaryIO, sent: Sent | None = None) -> None:
        bucket, key = _named(uri)
        with s3_errors(uri):
            self._client.upload_fileobj(source, bucket, key, Callback=sent)


class _Body(io.RawIOBase):
    """botocore's streaming body as a raw file, so that a connection lost half way is our error too."""

    def __init__(self, uri: str, body: Any) -> None:
        self._uri, self._body = uri, body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with s3_errors(self._uri):
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def _named(uri: str) -> tuple[str, str]:
    """Bucket and key of *uri*, which must have both."""
    bucket, key = split_uri(uri)
    if not key:
        raise DataError(uri, "", "a URI of the form s3://BUCKET/KEY", "a bucket alone")
    return bucket, key


@contextmanager
def s3_errors(uri: str) -> Generator[None, None, None]:
    """Turn what botocore raises into ours."""
    exceptions = import_module("botocore.exceptions")
    try:
        yield
    except exceptions.ClientError as error:
        code = str(error.response["Error"]["Code"])
        found = f"{code} from {error.operation_name}: {error.response['Error'].get('Message', '')}".rstrip(": ")
        raise DataError(uri, "", "an object S3 gives access to", found, _REMEDIES.get(code, "")) from error
    except exceptions.BotoCoreError as error:
        remedy = _REMEDIES.get(type(error).__name__, "")
        raise DataError(uri, "", "an answer from S3", str(error), remedy) from error
