"""An upload as people see it: nothing when it is quick, how far it is when it is not."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

import attrs

from amlwrap._progress import Display, ProgressEvent, open_display
from amlwrap._progress_lines import size
from amlwrap.typing import Clock, ProgressSetting

__all__ = ["Upload", "say_there", "uploading"]

QUIET_SECONDS = 1.0
"""An upload that is over by then is not spoken of."""

LARGE_BYTES = 8 << 20
"""Content of this size that need not be sent is worth a word."""

_BETWEEN_SECONDS = 0.1


@attrs.define(eq=False)
class Upload:
    """One file on its way; safe to be told of from several threads, as S3 transfers do."""

    uri: str
    name: str
    total_bytes: int
    setting: ProgressSetting
    clock: Clock
    n_bytes: int = attrs.field(default=0, init=False)
    _started: float = attrs.field(init=False)
    _shown_at: float = attrs.field(init=False)
    _display: Display | None = attrs.field(default=None, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._started = self.clock.monotonic()
        self._shown_at = self._started + QUIET_SECONDS - _BETWEEN_SECONDS

    def sent(self, n_bytes: int) -> None:
        """Another *n_bytes* are on their way; fewer than none when some have to be sent again."""
        with self._lock:
            self.n_bytes += n_bytes
            now = self.clock.monotonic()
            if now - self._shown_at >= _BETWEEN_SECONDS:
                self._shown_at = now
                self._show("INPROGRESS")

    def end(self) -> None:
        """Everything is there."""
        with self._lock:
            if self._display is not None:
                self.n_bytes = self.total_bytes
                self._show("COMPLETED")

    def close(self, remark: str = "") -> None:
        """Leave the display tidy, if there is one, behind a *remark*."""
        with self._lock:
            if self._display is not None:
                if remark:
                    self._display.say(remark)
                self._display.close()

    def _show(self, status: str) -> None:
        if self._display is None:
            self._display = open_display(self.setting)
        seconds = self.clock.monotonic() - self._started
        done = f"{size(self.n_bytes)} of {size(self.total_bytes)}" if status == "INPROGRESS" else size(self.total_bytes)
        rate = f", {size(int(self.n_bytes / seconds))}/s" if seconds else ""
        self._display.update(_event(self, status, seconds, f"{done}{rate}"))


@contextmanager
def uploading(
    uri: str, name: str, total_bytes: int, setting: ProgressSetting, clock: Clock
) -> Generator[Upload, None, None]:
    """An upload that ends, well or not, with the block."""
    upload = Upload(uri, name, total_bytes, setting, clock)
    try:
        yield upload
        upload.end()
    except BaseException as error:
        remark = f"The upload of {name!r} was broken off; nothing half made is kept. Do the same again to send it."
        error.add_note(remark)
        upload.close(remark)
        raise
    upload.close()


def say_there(uri: str, name: str, total_bytes: int, setting: ProgressSetting) -> None:
    """Say that content which would take a while to send is there already."""
    if total_bytes >= LARGE_BYTES:
        display = open_display(setting)
        words = f"{size(total_bytes)} there already, not sent again"
        done = ProgressEvent(
            kind="upload",
            id=uri,
            name=name,
            status="COMPLETED",
            elapsed_seconds=0.0,
            words=words,
            n_bytes=0,
            total_bytes=total_bytes,
        )
        display.update(done)
        display.close()


def _event(upload: Upload, status: str, seconds: float, words: str) -> ProgressEvent:
    share = upload.n_bytes / upload.total_bytes if upload.total_bytes else 1.0
    return ProgressEvent(
        kind="upload",
        id=upload.uri,
        name=upload.name,
        status=status,
        elapsed_seconds=seconds,
        fraction=min(max(share, 0.0), 1.0),
        words=words,
        n_bytes=upload.n_bytes,
        total_bytes=upload.total_bytes,
    )
