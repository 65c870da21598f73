"""What `import amlwrap` adds to the start of Python, and how soon the embedded engine answers its first call."""

from __future__ import annotations

from bench._figures import Report, excess, ratio
from bench._timing import Options, Pairs, Usage, alternate, pairs_of, python

FIRST_USE = """
import amlwrap
with amlwrap.connect("local:") as aml:
    aml.models.list().count()
"""

FIRST_CLIENT = """
import boto3
boto3.client("machinelearning", region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
"""


def run(options: Options) -> Report:
    """Whole processes, so that nothing is loaded twice."""
    return Report(
        [
            excess("import amlwrap, beyond an empty program", _race("import amlwrap", "pass", options), at_most=0.060),
            ratio("engine and its first answer, beside a boto3 client", _race(FIRST_USE, FIRST_CLIENT, options)),
        ]
    )


def _race(ours: str, peer: str, options: Options) -> Pairs:
    def start(program: str) -> Usage:
        return python("-c", program)

    return pairs_of(*alternate(lambda: start(ours), lambda: start(peer), options.n_quick_runs, warm_up=True))
