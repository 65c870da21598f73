"""Uploads: silent when quick, shown when not, never half there."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from amlwrap import ProgressEvent
from amlwrap._progress_lines import size
from amlwrap._staging import Staging
from amlwrap._uploading import LARGE_BYTES, Upload
from amlwrap.exceptions import DataError
from amlwrap.objects import S3, Folder
from tests.scripted import VirtualClock

MIB = 1 << 20


class Slow(Folder):
    """A store to which each piece takes a while, and which may break."""

    clock: VirtualClock
    seconds = 0.25
    breaks_after = 1 << 60
    error: BaseException = KeyboardInterrupt()

    def put_file(self, uri: str, path: Any, sent: Callable[[int], None] | None = None) -> None:
        n_bytes = 0

        def told(size: int) -> None:
            nonlocal n_bytes
            n_bytes += size
            self.clock.now += self.seconds
            assert sent is not None
            sent(size)
            if n_bytes > self.breaks_after:
                raise self.error

        super().put_file(uri, path, told)


@pytest.fixture
def store(tmp_path: Path) -> Slow:
    """An empty one."""
    store = Slow(tmp_path / "s3")
    store.clock = VirtualClock()
    return store


def staging(store: Slow, seen: list[ProgressEvent]) -> Staging:
    """A place in *store* whose uploads are *seen*."""
    return Staging("s3://staging/", lambda: store, seen.append, store.clock)


def test_a_slow_upload_is_shown(store: Slow) -> None:
    """From its first second on: how much of how much, and how fast; the event is one like those of jobs."""
    seen: list[ProgressEvent] = []

    uri = staging(store, seen).stage(b"x" * 8 * MIB)

    assert ["INPROGRESS"] * 5 + ["COMPLETED"] == [event.status for event in seen]
    assert [4, 5, 6, 7, 8, 8] == [(event.n_bytes or 0) // MIB for event in seen]
    first, last = seen[0], seen[-1]
    assert ("upload", uri, "data.csv", 0.5, 8 * MIB) == (
        first.kind,
        first.id,
        first.name,
        first.fraction,
        first.total_bytes,
    )
    assert ("4.2 MB of 8.4 MB, 4.2 MB/s", "8.4 MB, 4.2 MB/s") == (first.words, last.words)


def test_a_quick_upload_is_not(store: Slow) -> None:
    """Nobody needs to hear of what is over already."""
    seen: list[ProgressEvent] = []
    store.seconds = 0.01

    staging(store, seen).stage(b"x" * 8 * MIB)

    assert [] == seen


def test_events_do_not_come_too_often(store: Slow) -> None:
    """However small the pieces are."""
    seen: list[ProgressEvent] = []
    store.seconds = 0.03

    staging(store, seen).stage(b"x" * 60 * MIB)

    times = [event.elapsed_seconds for event in seen[:-1]]
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(times))


def test_content_that_is_there_is_spoken_of_when_it_is_large(store: Slow) -> None:
    """Somebody who expects to wait is told why there is nothing to wait for."""
    seen: list[ProgressEvent] = []
    place = staging(store, [])
    for content in (b"x" * LARGE_BYTES, b"y" * 100):
        place.stage(content)
        staging(store, seen).stage(content)

    (event,) = seen
    assert ("COMPLETED", 0, LARGE_BYTES) == (event.status, event.n_bytes, event.total_bytes)
    assert "8.4 MB there already, not sent again" == event.words


def test_a_person_sees_it(store: Slow, capsys: pytest.CaptureFixture[str]) -> None:
    """In a log: that it goes on, and that it is over."""
    Staging("s3://staging/", lambda: store, True, store.clock).stage(b"x" * 8 * MIB)

    assert [
        "upload 'data.csv'  INPROGRESS  50%  4.2 MB of 8.4 MB, 4.2 MB/s  1.0 s",
        "upload 'data.csv'  COMPLETED  8.4 MB, 4.2 MB/s  2.0 s",
    ] == capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("seconds", [0.25, 0.01])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("gone"), DataError("s3://b", "", "an answer", "none")])
def test_what_is_broken_off_leaves_nothing(
    error: BaseException, seconds: float, store: Slow, capsys: pytest.CaptureFixture[str]
) -> None:
    """No object, no part of one; and it is said, on the spot if the upload was spoken of, with the error always."""
    store.breaks_after, store.error, store.seconds = 6 * MIB, error, seconds

    with pytest.raises(type(error)) as caught:
        Staging("s3://staging/", lambda: store, True, store.clock).stage(b"x" * 8 * MIB)

    assert [] == [path for path in store.root.rglob("*") if path.is_file()]
    remark = "The upload of 'data.csv' was broken off; nothing half made is kept. Do the same again to send it."
    assert remark in caught.value.__notes__
    assert (remark in capsys.readouterr().err) == (seconds > 0.1)


def test_bytes_are_said_as_people_do() -> None:
    """With as many digits as matter."""
    assert ["999 bytes", "64 kB", "12.3 MB", "5.0 GB"] == [size(n) for n in (999, 64_000, 12_345_678, 5_000_000_000)]


@given(st.lists(st.integers(-5, 20), max_size=20), st.integers(0, 100))
def test_shares_stay_shares(pieces: list[int], total: int) -> None:
    """Pieces that are sent again count back; whatever is told, a share is from 0 to 1."""
    seen: list[ProgressEvent] = []
    clock = VirtualClock()
    upload = Upload("s3://b/k", "k", total, seen.append, clock)

    for piece in pieces:
        clock.now += 1.0
        upload.sent(piece)
    upload.end()

    assert all(0.0 <= (event.fraction or 0.0) <= 1.0 for event in seen)
    assert all(size(abs(event.n_bytes or 0)) for event in seen)


class FakeS3:
    """Answers an S3 client's requests; only the socket is missing."""

    def __init__(self, on_part: Callable[[str], int]) -> None:
        session: Any = boto3.Session()
        self.client = session.client(
            "s3", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        self.client.meta.events.register("before-send.s3", self._answer)
        self.asked: list[str] = []
        self._on_part = on_part

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        query = request.url.partition("?")[2]
        verb = f"{request.method} {query.partition('=')[0] or 'object'}"
        self.asked.append(verb)
        while hasattr(request.body, "read") and request.body.read(MIB):
            pass  # as a socket would
        status, body, headers = 200, b"", {"ETag": '"e"'}
        if request.method == "HEAD":
            status = 404
        elif verb == "POST uploads":
            body = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
        elif "partNumber" in query:
            status = self._on_part(query)
        elif request.method == "POST":
            body = b"<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>"
        return AWSResponse(request.url, status, headers, _Raw(body))


class _Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._content


def multipart(tmp_path: Path, on_part: Callable[[str], int], seen: list[ProgressEvent]) -> tuple[FakeS3, Any]:
    """An upload large enough to go in parts."""
    fake = FakeS3(on_part)
    path = tmp_path / "large.csv"
    path.write_bytes(b"x" * 20 * MIB)

    class Ticking(VirtualClock):
        def monotonic(self) -> float:
            self.now += 0.5
            return self.now

    return fake, lambda: Staging("s3://b/", lambda: S3(lambda: fake.client), seen.append, Ticking()).stage(path)


def test_parts_sent_to_s3_are_told(tmp_path: Path) -> None:
    """By boto3's own transfer, from its own threads."""
    seen: list[ProgressEvent] = []
    fake, stage = multipart(tmp_path, lambda query: 200, seen)

    stage()

    assert "POST uploadId" == fake.asked[-1]
    assert ("COMPLETED", 20 * MIB) == (seen[-1].status, seen[-1].n_bytes)
    assert "INPROGRESS" == seen[0].status


def test_parts_are_taken_back_when_one_is_refused(tmp_path: Path) -> None:
    """The multipart upload is aborted, so nothing of it is kept, nor paid for."""
    fake, stage = multipart(tmp_path, lambda query: 403 if "partNumber=2" in query else 200, [])

    with pytest.raises(DataError, match="UploadPart"):
        stage()

    assert "DELETE uploadId" == fake.asked[-1]
    assert "POST uploadId" not in fake.asked


def test_parts_are_taken_back_on_ctrl_c(tmp_path: Path) -> None:
    """Whoever interrupts the upload leaves nothing behind either."""
    felt = threading.Event()

    def feel(*_: Any) -> None:
        felt.set()
        raise KeyboardInterrupt

    def interrupt(query: str) -> int:
        if "partNumber=2" in query:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            felt.wait(60)
            return 403  # the connection is gone with the one who sent
        return 200

    fake, stage = multipart(tmp_path, interrupt, [])
    before = signal.signal(signal.SIGINT, feel)
    try:
        with pytest.raises(KeyboardInterrupt):
            stage()
    finally:
        signal.signal(signal.SIGINT, before)

    assert "DELETE uploadId" == fake.asked[-1]
    assert "POST uploadId" not in fake.asked
