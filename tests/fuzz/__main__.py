"""``python -m tests.fuzz TARGET [OPTIONS]``: one target, driven by atheris towards code it has not reached."""

from __future__ import annotations

import sys
from typing import Any


def main(arguments: list[str]) -> None:
    """Run until a crash, or until the options say so."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    fuzzer: Any = atheris
    with fuzzer.instrument_imports(include=["amlwrap"]):
        from tests.fuzz.targets import TARGETS
    name, *options = arguments
    fuzzer.Setup([f"fuzz-{name}", "-timeout=20", "-rss_limit_mb=2048", *options], TARGETS[name])
    fuzzer.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
