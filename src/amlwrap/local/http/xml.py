"""The few documents of S3 that are not bytes: errors, listings, what an upload in parts is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from starlette.responses import Response

from amlwrap.objects import split_uri

if TYPE_CHECKING:
    from amlwrap.objects import ObjectInfo

__all__ = ["buckets", "error", "listing", "location", "upload_begun", "upload_ended"]

_MOST_KEYS = 1000
_UNWRITABLE = dict.fromkeys({*range(0x20)} - {*b"\t\n\r"}, "\N{REPLACEMENT CHARACTER}")  # no XML can hold these
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def error(status: int, code: str, message: str) -> Response:
    """An answer that is an error."""
    return _document("Error", _element("Code", code) + _element("Message", message), status)


def buckets(found: Mapping[str, datetime]) -> Response:
    """All buckets, and when they were last written to: folders do not know when they were made."""
    inner = "".join(
        f"<Bucket>{_element('Name', name)}{_element('CreationDate', _time(moment))}</Bucket>"
        for name, moment in found.items()
    )
    return _document("ListAllMyBucketsResult", f"<Buckets>{inner}</Buckets>")


def listing(bucket: str, found: Sequence[ObjectInfo], query: Mapping[str, str]) -> Response:
    """
    A page of the objects *found* in *bucket*, which are sorted by key.

    Args:
        query: ``prefix``, ``delimiter``, ``max-keys``, ``encoding-type`` and where to go on, as either version of the
            operation has them.
    """
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = unquote(query.get("continuation-token", "")) or query.get("start-after") or query.get("marker", "")
    spelled = quote if query.get("encoding-type") == "url" else str
    asked = query.get("max-keys", "")
    most = min(int(asked), _MOST_KEYS) if asked.isascii() and asked.isdigit() else _MOST_KEYS
    entries = [entry for entry in _entries(bucket, found, prefix, delimiter).items() if entry[0] > after]
    page, last = entries[:most], entries[most - 1 : most]
    inner = _element("Name", bucket) + _element("Prefix", spelled(prefix)) + _element("KeyCount", str(len(page)))
    inner += _element("MaxKeys", str(most)) + _element("IsTruncated", "true" if len(entries) > most else "false")
    if spelled is quote:
        inner += _element("EncodingType", "url")
    if len(entries) > most and last:
        inner += _element("NextContinuationToken", quote(last[0][0])) + _element("NextMarker", spelled(last[0][0]))
    return _document("ListBucketResult", inner + "".join(_entry(spelled(key), info) for key, info in page))


def location() -> Response:
    """Where a bucket is: S3 tells its first region by saying nothing."""
    return _document("LocationConstraint", "")


def upload_begun(uri: str, upload: str) -> Response:
    """An upload in parts has a name."""
    return _document("InitiateMultipartUploadResult", _named(uri) + _element("UploadId", upload))


def upload_ended(uri: str, etag: str) -> Response:
    """An upload in parts is an object."""
    return _document("CompleteMultipartUploadResult", _named(uri) + _element("ETag", etag))


def _entries(bucket: str, found: Sequence[ObjectInfo], prefix: str, delimiter: str) -> dict[str, ObjectInfo | None]:
    """Objects by key; those with a delimiter behind the prefix only as what they have in common."""
    entries: dict[str, ObjectInfo | None] = {}
    for info in found:
        key = info.uri.removeprefix(f"s3://{bucket}/")
        head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        entries[f"{prefix}{head}{cut}" if cut else key] = None if cut else info
    return entries


def _entry(key: str, info: ObjectInfo | None) -> str:
    if info is None:
        return f"<CommonPrefixes>{_element('Prefix', key)}</CommonPrefixes>"
    inner = _element("Key", key) + _element("LastModified", _time(info.modified)) + _element("ETag", f'"{info.etag}"')
    return f"<Contents>{inner}{_element('Size', str(info.size))}<StorageClass>STANDARD</StorageClass></Contents>"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _named(uri: str) -> str:
    bucket, key = split_uri(uri)
    return _element("Bucket", bucket) + _element("Key", key)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text.translate(_UNWRITABLE))}</{name}>"


def _document(root: str, inner: str, status: int = 200) -> Response:
    namespace = "" if root == "Error" else f' xmlns="{_NAMESPACE}"'
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{namespace}>{inner}</{root}>'
    return Response(body, status, media_type="application/xml")
