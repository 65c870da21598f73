"""A botocore that has dropped the service, as it drops what is retired."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest import mock

from botocore import handlers
from botocore.loaders import Loader

from amlwrap._description import SERVICE, shared_loader
from amlwrap.local.description import describe


@contextmanager
def service_hidden(folder: Path) -> Generator[None]:
    """As long as it lasts, botocore's data is what is left in *folder*: no description, endpoint or handler of ours."""
    builtin = Path(Loader.BUILTIN_DATA_PATH)
    for file in builtin.iterdir():
        if file.is_file() or file.name == "s3":
            folder.joinpath(file.name).symlink_to(file)
    _rewrite_endpoints(folder)
    known: Any = cast("Any", handlers).BUILTIN_HANDLERS
    kept = [entry for entry in known if SERVICE not in entry[0]]
    with (
        mock.patch.object(Loader, "BUILTIN_DATA_PATH", str(folder)),
        mock.patch.object(handlers, "BUILTIN_HANDLERS", kept),
    ):
        _forget()
        yield
    _forget()


def _rewrite_endpoints(folder: Path) -> None:
    endpoints = cast("Any", Loader()).load_data("endpoints")
    for partition in endpoints["partitions"]:
        partition["services"].pop(SERVICE, None)
    for file in folder.glob("endpoints.json*"):
        file.unlink()
    folder.joinpath("endpoints.json").write_text(json.dumps(endpoints), encoding="utf-8")


def _forget() -> None:
    shared_loader.cache_clear()
    describe.cache_clear()
