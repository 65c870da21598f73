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
        ("from amlwrap import Run, train", {"boto3", "numpy", "sqlite3", "polars", "sklearn"}),
        ("import amlwrap; amlwrap.connect(region='us-east-1')", {"boto3", "numpy", "sqlite3", "polars"}),
        ("import amlwrap.labels", {"boto3", "botocore", "sqlite3", "polars", "scipy"}),
    ],
)
def test_each_part_loads_what_it_needs(code: str, unwanted: set[str]) -> None:
    """Documents need no arrays, arrays no AWS, AWS no engine."""
    assert set() == loaded_by(code) & unwanted


THIRD_PARTIES = [
    "attrs",
    "boto3",
    "click",
    "matplotlib",
    "numpy",
    "pandas",
    "polars",
    "scipy.sparse",
    "sklearn",
    "sqlalchemy",
]

LOOKING = """
import codecs, decimal, gc, importlib, locale, logging, os, random, signal, socket, sys, threading, warnings

def look():
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    mask = os.umask(0)
    os.umask(mask)
    return {
        "environment": dict(os.environ),
        "working directory": os.getcwd(),
        "umask": mask,
        "threads": [thread.name for thread in threading.enumerate()],
        "log handlers": {logger.name: list(logger.handlers) for logger in loggers if logger.handlers},
        "log levels": {logger.name: logger.level for logger in loggers if logger.level},
        "warning filters": list(warnings.filters),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "signal handlers": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "hooks": (sys.excepthook, sys.displayhook, sys.unraisablehook, threading.excepthook),
        "import machinery": (list(sys.path), list(sys.meta_path), list(sys.path_hooks)),
        "randomness": random.getstate(),
        "socket timeout": socket.getdefaulttimeout(),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "decimals": str(decimal.getcontext()),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
    }

def changes(before, after):
    return [what for what in before if before[what] != after[what]]
"""


def test_importing_leaves_nothing_behind() -> None:
    """No thread, no handler, no variable, no output: neither by the front door nor by any name behind it."""
    program = f"""{LOOKING}
before = look()
import amlwrap
assert [] == changes(before, look()), changes(before, look())
for name in amlwrap.__all__:
    getattr(amlwrap, name)
found = changes(before, look())
assert set(found) <= {{"warning filters"}}, found  # numpy adds some of its own
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_no_module_leaves_anything_behind() -> None:
    """Each public module on its own, after what it imports of others, which may do as they like."""
    program = f"""{LOOKING}
import contextlib, pkgutil
for name in {THIRD_PARTIES}:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
import amlwrap
names = [module.name for module in pkgutil.walk_packages(amlwrap.__path__, "amlwrap.")]
for name in names:
    if name.endswith("__main__"):
        continue
    before = look()
    try:
        importlib.import_module(name)
    except (ImportError, amlwrap.exceptions.MissingExtraError):  # an extra that is not installed
        continue
    assert [] == changes(before, look()), (name, changes(before, look()))
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
