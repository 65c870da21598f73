"""A disk that is full in the middle of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.export import full_disk

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files with setrlimit")
def test_a_full_disk_stops_it_and_loses_nothing(tmp_path: Path) -> None:
    """The export says what is full and how to go on; with room it goes on, and so does a restore."""
    paths = os.pathsep.join([str(ROOT), *(path for path in sys.path if path)])
    command = [sys.executable, full_disk.__file__, str(tmp_path)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": paths}
    )
    told = json.loads(done.stdout)

    assert f"DataError: {tmp_path}/out/" in told["journal"]
    assert "room to write it" in told["journal"]
    assert "expected room to write it" in told["object"]
    assert ".csv" in told["object"]
    assert ("", "", "0", "0") == (told["journal left"], told["object left"], told["again"], told["faults"])
    assert "room to write it" in told["restore"]
    assert "COMPLETED" == told["restored"]
