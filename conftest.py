"""
What all tests and examples share.

The pages in docs/ and README.md are tests too: each runs from top to bottom, in a folder of its own. With several
workers (``pytest -n``) that takes ``--dist loadfile``, which keeps the examples of a page together.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser, SkipParser

BROKEN = pytest.StashKey[bool]()
ROOT = Path(__file__).parent
SAMPLES = ROOT / "docs" / "samples"

collect_ignore = ["docs/conf.py"]


@contextlib.contextmanager
def _without_ambient_settings() -> Generator[None]:
    """Hide the developer's AWS profile and amlwrap settings, and the metadata of the machine."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AMLWRAP_"))}
    clean |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    clean |= {"AWS_EC2_METADATA_DISABLED": "true"}
    with mock.patch.dict(os.environ, clean, clear=True):
        yield


@pytest.fixture(autouse=True)
def _no_ambient_settings() -> Generator[None]:
    """A world without AWS settings, for every test."""
    with _without_ambient_settings():
        yield


def _enter_page(namespace: dict[str, Any]) -> None:
    """Start a page in a temporary folder that holds copies of the sample files, as the repository has them too."""
    stack = namespace["_page"] = contextlib.ExitStack()
    stack.enter_context(_without_ambient_settings())
    folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
    shutil.copytree(SAMPLES, folder, dirs_exist_ok=True)
    shutil.copytree(SAMPLES, Path(folder, SAMPLES.relative_to(ROOT)))  # README.md is read at the root of a clone
    stack.enter_context(contextlib.chdir(folder))


def _leave_page(namespace: dict[str, Any]) -> None:
    """Go back to where the page began, and drop its folder."""
    namespace["_page"].close()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE),
        SkipParser(),
    ],
    patterns=["*.md"],
    setup=_enter_page,
    teardown=_leave_page,
).pytest()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember the pages in which an example has failed."""
    report = yield
    if report.failed and item.parent is not None:
        item.parent.stash[BROKEN] = True
    return report


def pytest_runtest_setup(item: pytest.Item) -> None:
    """One failure per page is enough: what follows builds on it."""
    if item.path.suffix == ".md" and item.parent is not None and item.parent.stash.get(BROKEN, False):
        pytest.skip("an earlier example of this page failed")
