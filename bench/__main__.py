"""
Runs benches, all or those named: ``python -m bench [NAME …]``.

Each prints a table of medians beside the bounds they are held to; the exit code is 1 when a bound is missed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from bench._figures import Report, table
from bench._timing import Options

BENCHES = {
    "digits": "bench.digits",
    "accuracy": "bench.accuracy",
    "suggestion": "bench.suggestion",
    "training": "bench.training",
    "labels": "bench.labels",
    "reading": "bench.reading",
    "ingest": "bench.ingest",
    "predicting": "bench.predicting",
    "realtime": "bench.realtime",
    "listing": "bench.listing",
    "import": "bench.import_time",
    "scale": "bench.scale",
}
"""Where each bench is; a module is loaded when it is its turn, with all that it measures itself against."""

RESULTS = Path(__file__).parent / "results"
DIGITS = "AMLWRAP_BENCH_DIGITS"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, write the JSON, and say whether all bounds hold."""
    parser = _parser()
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench named {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    if options.digits is not None and not options.digits.is_file():
        parser.error(f"no digits at {options.digits}")
    holds = True
    for name in options.names or BENCHES:
        module = importlib.import_module(BENCHES[name])
        report: Report = module.run(Options(n_runs=options.runs, digits=options.digits, memory=options.memory))
        print(table(name, report), end="\n\n", flush=True)
        write(report, options.json / f"{name}.json")
        holds &= report.holds
    return 0 if holds else 1


def write(report: Report, path: Path) -> None:
    """*report* as JSON, with the machine it is true of."""
    machine = {"python": platform.python_version(), "platform": platform.platform(), "cores": os.cpu_count()}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**machine, **report.to_dict()}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    digits = os.environ.get(DIGITS)
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Time amlwrap beside what a person would otherwise use."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all without a name")
    parser.add_argument("--runs", type=_positive, default=5, help="of each side; default: %(default)s")
    parser.add_argument(
        "--digits",
        type=Path,
        default=Path(digits) if digits else None,
        metavar="NPZ",
        help=f"28 × 28 digits, `images` (n × 784, uint8) and `labels`, at least 70,000; default: ${DIGITS}, "
        "or else digits made up from scikit-learn's",
    )
    parser.add_argument("--memory", type=int, default=1_000_000_000, metavar="BYTES", help="default: %(default)s")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FOLDER", help="default: %(default)s")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
