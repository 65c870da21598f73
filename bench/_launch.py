"""
Runs one command and writes down what it took: ``python _launch.py REPORT COMMAND…``.

A child is born with its parent's peak of memory. This process is small, so what it reports is the command's own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def main() -> int:
    """Run the command; its output and its exit code are passed on."""
    report, *command = sys.argv[1:]
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    Path(report).write_text(json.dumps({"seconds": seconds, "peak_bytes": usage.ru_maxrss * unit}))
    return abs(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    sys.exit(main())
