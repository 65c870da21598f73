"""What `import amlwrap` adds to the start of Python, and how soon there is a client, an answer, an engine."""

from __future__ import annotations

from bench._figures import Report, excess, ratio
from bench._timing import Options, Pairs, Usage, alternate, pairs_of, python

SETTINGS = """
import os
os.environ |= {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""

OUR_CLIENT = f"""{SETTINGS}
import amlwrap
aml = amlwrap.connect()
boto = aml.boto
"""

BOTO3_CLIENT = f"""{SETTINGS}
import boto3
boto = boto3.client("machinelearning")
"""

ANSWERED = """
from botocore.awsrequest import AWSResponse
class Body:
    def stream(self, *_, **__):
        yield b'{"Results": [{"MLModelId": "ml-1", "Name": "digits", "Status": "COMPLETED", "MLModelType": "BINARY"}]}'
boto.meta.events.register("before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Body()))
"""
"""The service's part of a call takes no time: what is left is the client's."""

OUR_CALL = f"{OUR_CLIENT}{ANSWERED}assert ['digits'] == [model.name for model in aml.models]"
BOTO3_CALL = f"{BOTO3_CLIENT}{ANSWERED}assert 'digits' == boto.describe_ml_models()['Results'][0]['Name']"
MORE_CALLS = "\nfor _ in range(1000):\n    {}"
OUR_CALLS = OUR_CALL + MORE_CALLS.format("list(aml.models)")
BOTO3_CALLS = BOTO3_CALL + MORE_CALLS.format("boto.describe_ml_models()['Results']")

ENGINE = """
import amlwrap
with amlwrap.connect("local:") as aml:
    aml.models.list().count()
"""


def run(options: Options) -> Report:
    """Whole processes, so that nothing is loaded twice."""
    return Report(
        [
            excess("import amlwrap, beyond an empty program", _race("import amlwrap", "pass", options), at_most=0.060),
            ratio("a client of AWS, beside boto3's own", _race(OUR_CLIENT, BOTO3_CLIENT, options)),
            ratio("… and its first answer", _race(OUR_CALL, BOTO3_CALL, options)),
            ratio("… and a thousand more", _race(OUR_CALLS, BOTO3_CALLS, options)),
            ratio("the engine and its first answer, beside a boto3 client", _race(ENGINE, BOTO3_CLIENT, options)),
        ]
    )


def _race(ours: str, peer: str, options: Options) -> Pairs:
    def start(program: str) -> Usage:
        return python("-c", program)

    return pairs_of(*alternate(lambda: start(ours), lambda: start(peer), options.n_quick_runs, warm_up=True))
