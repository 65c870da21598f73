"""
As much of S3 as it takes to bring data to an engine and results home: objects by path, whole or in parts.

A request names ``/BUCKET/KEY``; the bytes are those of ``HOME/s3/BUCKET/KEY``. Buckets that have no folder are not
here, and are never looked for elsewhere. Nothing is ever deleted but an upload that its sender gives up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from amlwrap.exceptions import DataError
from amlwrap.local.http import xml
from amlwrap.local.http.checksums import BadDigest, checked
from amlwrap.local.http.uploads import NoSuchUpload, Uploads
from amlwrap.objects import split_uri

if TYPE_CHECKING:
    from amlwrap.objects import Folder

__all__ = ["INERT", "Objects"]

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

_BLOCK = 1 << 20
_VALUED = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "list-type",
        "marker",
        "max-keys",
        "partNumber",
        "prefix",
        "start-after",
        "uploadId",
    }
)
"""What has a value, be it an empty one."""

_SERVED = frozenset({("GET", "location"), ("POST", "delete"), ("POST", "uploads")})
"""What is about more than an object or a bucket as such, which S3 names by a query without a value, and is answered."""

INERT = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


class Objects:
    """The requests about objects in *folder*."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._uploads = Uploads()

    def routes(self, top: str) -> list[BaseRoute]:
        """What is asked for below the path *top*, and who answers."""
        table = [
            (("", "/"), self.buckets, ["GET"]),
            (("/{bucket}", "/{bucket}/"), self.bucket, ["GET", "PUT"]),
            (("/{bucket}", "/{bucket}/"), self.keep, ["DELETE", "POST"]),
            (("/{bucket}/{key:path}",), self.object, ["GET"]),
            (("/{bucket}/{key:path}",), self.put, ["PUT"]),
            (("/{bucket}/{key:path}",), self.upload, ["POST"]),
            (("/{bucket}/{key:path}",), self.delete, ["DELETE"]),
        ]
        return [Route(top + path, _told(answer), methods=methods) for paths, answer, methods in table for path in paths]

    def close(self) -> None:
        """Forget uploads that nobody ended."""
        self._uploads.close()

    async def buckets(self, request: Request) -> Response:
        """Which buckets there are."""
        return xml.buckets(await run_in_threadpool(self._folder.buckets))

    async def bucket(self, request: Request) -> Response:
        """What is in a bucket, or whether it is there; a PUT makes it."""
        bucket = request.path_params["bucket"]
        if request.method == "PUT":
            await run_in_threadpool(self._folder.make_bucket, bucket)
        elif not await run_in_threadpool(self._folder.has_bucket, bucket):
            return xml.error(404, "NoSuchBucket", f"There is no bucket {bucket}.")
        elif "location" in request.query_params:
            return xml.location()
        elif request.method == "GET":
            prefix = request.query_params.get("prefix", "")
            found = await run_in_threadpool(self._folder.list, f"s3://{bucket}/{prefix}")
            return xml.listing(bucket, found, request.query_params)
        return Response()

    async def keep(self, request: Request) -> Response:
        """Refuse to delete a bucket, or several of its objects."""
        return _not_deleted()

    async def object(self, request: Request) -> Response:
        """An object's bytes, or a range of them."""
        uri = _uri(request)
        info = await run_in_threadpool(self._folder.head, uri)
        path = await run_in_threadpool(self._folder.local_path, uri)
        if info is None or path is None:
            return xml.error(404, "NoSuchKey", f"There is no object {uri}.")
        headers = {"ETag": f'"{info.etag}"', **INERT}
        return FileResponse(path, headers=headers, media_type="application/octet-stream")

    async def put(self, request: Request) -> Response:
        """Write an object, or a part of one."""
        uri = _uri(request)
        if request.headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
            return xml.error(501, "NotImplemented", "Bodies are taken as they are, not in signed chunks.")
        if "x-amz-copy-source" in request.headers:
            return xml.error(501, "NotImplemented", "Objects are not copied here.")
        chunks = checked(request.headers, request.stream())
        if (upload := request.query_params.get("uploadId")) is not None:
            with self._uploads.part(upload, uri, request.query_params.get("partNumber", "")) as part:
                await _write(chunks, part)
            return Response(headers={"ETag": '"part"'})
        wants_none = request.headers.get("if-none-match") == "*"
        if wants_none and await run_in_threadpool(self._folder.head, uri) is not None:
            return xml.error(412, "PreconditionFailed", f"There is an object {uri} already.")
        return await self._stored(uri, chunks)

    async def upload(self, request: Request) -> Response:
        """Begin an upload in parts, or make an object of them."""
        uri, query = _uri(request), request.query_params
        if "uploads" in query:
            await run_in_threadpool(self._folder.head, uri)  # refuses what cannot be a key before anything is sent
            return xml.upload_begun(uri, self._uploads.begin(uri))
        async for _ in request.stream():
            pass  # names the parts that have come, in their order
        upload = query.get("uploadId", "")
        stored = await self._stored(uri, self._uploads.chunks(upload, uri))
        if stored.status_code != 200:
            return stored
        self._uploads.end(upload)
        return xml.upload_ended(uri, stored.headers["etag"])

    async def delete(self, request: Request) -> Response:
        """Give an upload up."""
        if (upload := request.query_params.get("uploadId")) is None:
            return _not_deleted()
        self._uploads.end(upload)
        return Response(status_code=204)

    async def _stored(self, uri: str, chunks: AsyncIterator[bytes]) -> Response:
        bucket, _ = split_uri(uri)
        if not await run_in_threadpool(self._folder.has_bucket, bucket):
            return xml.error(404, "NoSuchBucket", f"There is no bucket {bucket}.")
        with ExitStack() as stack:
            file = await run_in_threadpool(stack.enter_context, self._folder.writer(uri))
            await _write(chunks, file)
            await run_in_threadpool(stack.close)
        info = await run_in_threadpool(self._folder.head, uri)
        return Response(headers={"ETag": f'"{info.etag}"' if info else '""'})


def _not_deleted() -> Response:
    return xml.error(501, "NotImplemented", "Objects are not deleted here: remove the file in the home.")


def _unserved(request: Request) -> str | None:
    """
    What *request* is about, when that is neither an object nor a bucket as such but its tags, say, or who may read it.

    Such a request must not pass for one about the bytes: they would be overwritten with the tags.
    """
    method = "GET" if request.method == "HEAD" else request.method
    for name, value in request.query_params.multi_items():
        if not value and not name.lower().startswith("x-") and name not in _VALUED and (method, name) not in _SERVED:
            return name
    return None


def _uri(request: Request) -> str:
    return f"s3://{request.path_params['bucket']}/{request.path_params['key']}"


async def _write(chunks: AsyncIterator[bytes], file: BinaryIO) -> None:
    """*chunks* to *file*, a block at a time, so that threads are not asked for crumbs."""
    block = bytearray()
    async for chunk in chunks:
        block += chunk
        if len(block) >= _BLOCK:
            await run_in_threadpool(file.write, bytes(block))
            block.clear()
    await run_in_threadpool(file.write, bytes(block))


def _told(handle: Handler) -> Handler:
    """*handle*, whose errors become answers."""

    async def answer(request: Request) -> Response:
        if (name := _unserved(request)) is not None:
            found = f"There is no ?{name[:40]} here, but the bytes of objects and the listings of buckets alone."
            return xml.error(501, "NotImplemented", found)
        try:
            return await handle(request)
        except NoSuchUpload as error:
            return xml.error(404, "NoSuchUpload", str(error))
        except BadDigest as error:
            return xml.error(400, "BadDigest", str(error))
        except DataError as error:
            return xml.error(400, "InvalidArgument", str(error))

    return answer
