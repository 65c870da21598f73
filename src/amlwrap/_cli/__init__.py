"""The command line: the objects of amlwrap, for a shell."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

from amlwrap.exceptions import MissingExtraError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    if importlib.util.find_spec("click") is None:
        sys.stderr.write(f"amlwrap: {MissingExtraError('the command line', 'cli')}\n")
        return 2
    from amlwrap._cli.app import run

    return run(arguments)
