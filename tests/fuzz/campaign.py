"""``python -m tests.fuzz.campaign [TARGET ...]``: half a minute for each target, all by default."""

from __future__ import annotations

import subprocess
import sys

from tests.fuzz.targets import TARGETS

SECONDS = 30


def main(names: list[str]) -> int:
    """How many targets found something; the input is left in the current folder."""
    failed = 0
    for name in names or list(TARGETS):
        command = [sys.executable, "-W", "ignore", "-m", "tests.fuzz", name, f"-max_total_time={SECONDS}"]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
