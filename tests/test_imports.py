"""What an import loads and leaves behind, asked of an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = [
    "attrs",
    "attr",
    "boto3",
    "botocore",
    "numpy",
    "polars",
    "pandas",
    "scipy",
    "sqlite3",
    "tenacity",
    "http.server",
]


def loaded_by(code: str) -> set[str]:
    """Modules that are there after *code*."""
    program = f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(json.loads(done.stdout))


def test_importing_loads_nothing_heavy() -> None:
    """The front door costs next to nothing."""
    assert set() == loaded_by("import amlwrap") & set(HEAVY)


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("from amlwrap import exceptions", {"boto3", "botocore", "numpy", "sqlite3"}),
        ("from amlwrap.documents import quantile_bin, cartesian", {"boto3", "botocore", "numpy", "sqlite3", "polars"}),
        ("from amlwrap import Schema, Recipe", {"boto3", "botocore", "numpy", "sqlite3", "polars"}),
        ("from amlwrap import Client, Model, wait_all", {"boto3", "numpy", "sqlite3", "polars"}),
        ("import amlwrap; amlwrap.connect(region='us-east-1')", {"boto3", "numpy", "sqlite3", "polars"}),
        ("import amlwrap.labels", {"boto3", "botocore", "sqlite3", "polars", "scipy"}),
    ],
)
def test_each_part_loads_what_it_needs(code: str, unwanted: set[str]) -> None:
    """Documents need no arrays, arrays no AWS, AWS no engine."""
    assert set() == loaded_by(code) & unwanted


def test_importing_leaves_nothing_behind() -> None:
    """No thread, no handler, no variable, no output."""
    program = """
import logging, os, signal, sys, threading, warnings
def look():
    return (dict(os.environ), threading.active_count(), list(logging.getLogger().handlers), list(warnings.filters),
            signal.getsignal(signal.SIGINT), sys.stdout, sys.stderr, os.getcwd())
before = look()
import amlwrap
assert look() == before
for name in amlwrap.__all__:
    getattr(amlwrap, name)
warnings.filters[:] = before[3]  # numpy adds some of its own
assert look() == before
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
