"""
Writes our own description of the service from the installed botocore's: ``python -m tests.own_description``.

Facts only: what botocore tells in prose is left out, and the messages of endpoint rules are our own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from botocore.loaders import Loader

from amlwrap._description import FOLDER, SERVICE

DERIVED_FROM = "1.44.8"
"""The botocore that ours was last written from."""

VERSION = "2014-12-12"
NO_ENDPOINT = "There is no endpoint for this combination of settings."
PARTS = ("service-2", "paginators-1", "waiters-2", "endpoint-rule-set-1")


def botocores(part: str) -> Any:
    """What the installed botocore says, without its prose."""
    loader: Any = Loader(include_default_search_paths=False, extra_search_paths=[Loader.BUILTIN_DATA_PATH])
    return without_prose(loader.load_service_model(SERVICE, part, VERSION))


def ours(part: str) -> Any:
    """What we say."""
    return json.loads(place(part).read_text(encoding="utf-8"))


def place(part: str) -> Path:
    """Where we say it."""
    return FOLDER / SERVICE / VERSION / f"{part}.json"


def without_prose(value: Any) -> Any:
    """*value* without the texts called documentation and error, however deep."""
    if isinstance(value, dict):
        texts = {"documentation": None, "error": NO_ENDPOINT}
        told = {
            key: texts.get(key, member) if isinstance(member, str) else without_prose(member)
            for key, member in cast("dict[str, Any]", value).items()
        }
        return {key: member for key, member in told.items() if member is not None}
    if isinstance(value, list):
        return [without_prose(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def main() -> None:
    """Write every part, in lines, so that a change shows as one."""
    for part in PARTS:
        place(part).parent.mkdir(parents=True, exist_ok=True)
        place(part).write_text(json.dumps(botocores(part), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
