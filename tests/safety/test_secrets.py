"""Credentials go from boto3 to the wire, and nowhere that a person or a file would see them."""

from __future__ import annotations

import logging
import pickle
import traceback
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions as b
import pytest

import amlwrap
from amlwrap import Client, RedshiftQuery, Retry, Schema
from amlwrap.exceptions import AmlwrapError, ConfigError
from tests.scripted import Fault, Script

KEY, SECRET, TOKEN = "AKIAKEYOFSOMEBODY", "wJalrXUtnFEMIK7MDENGbPxRfiCYSECRET", "FwoGZXIvYXdzTOKENOFASESSION"
SECRETS = [SECRET.encode(), TOKEN.encode()]
PASSWORD = "correct horse battery staple"
MODEL = {"MLModelId": "ml-1", "Name": "digits", "Status": "COMPLETED", "MLModelType": "BINARY"}
TROUBLES = [
    Fault("AccessDeniedException", status=403),
    Fault("UnrecognizedClientException", "The security token included in the request is invalid.", 403),
    Fault("ThrottlingException"),
    b.ReadTimeoutError(endpoint_url="https://machinelearning.us-east-1.amazonaws.com"),
]


@pytest.fixture
def script() -> Script:
    """A service with one model."""
    return Script(GetMLModel=MODEL, DescribeMLModels={"Results": [MODEL]}, DescribeTags={"Tags": []})


@pytest.fixture
def aml(script: Script) -> Client:
    """A client with credentials, every call of which is signed with them."""
    session: Any = boto3.Session(KEY, SECRET, TOKEN, region_name="us-east-1")
    client = amlwrap.connect(session, retry=Retry(attempts=1))
    boto: Any = client.boto
    boto.meta.events.register("before-send", script._answer)
    return client


def holds_a_secret(shown: str | bytes) -> bool:
    """Whether either secret can be read in what is *shown*."""
    data = shown.encode() if isinstance(shown, str) else shown
    return any(secret in data for secret in SECRETS)


def test_requests_are_signed_with_them(aml: Client, script: Script) -> None:
    """Or there would be nothing to hide."""
    aml.models.get("ml-1")

    assert KEY in script.headers[0]["authorization"]
    assert TOKEN in script.headers[0]["x-amz-security-token"]


def test_nothing_shown_holds_one(aml: Client) -> None:
    """Neither clients, collections, listings and resources nor what they say of themselves."""
    model = aml.models.get("ml-1")
    shown = [aml, aml.models, aml.models.list(), model, model.raw, aml.describe(), aml._world, aml._world.calls]

    for value in shown:
        assert not holds_a_secret(f"{value!r} {value!s}")


def test_no_pickle_holds_one(aml: Client) -> None:
    """A resource's pickle holds what was known of it."""
    assert not holds_a_secret(pickle.dumps([aml.models.get("ml-1"), *aml.models]))


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: getattr(trouble, "code", type(trouble).__name__))
def test_no_error_holds_one(trouble: Any, aml: Client, script: Script) -> None:
    """Nor its pickle, nor its traceback with every cause."""
    script.on("GetMLModel", trouble)
    with pytest.raises(AmlwrapError) as caught:
        aml.models.get("ml-1")

    error = caught.value
    assert not holds_a_secret(f"{error!r} {error}")
    assert not holds_a_secret(pickle.dumps(error))
    assert not holds_a_secret("".join(traceback.format_exception(error)))


def test_our_logs_hold_nothing_and_no_log_holds_the_key(
    aml: Client, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG botocore writes requests down, their session token included; the key that signs is in no request."""
    caplog.set_level(logging.DEBUG)
    script.on("GetMLModel", *TROUBLES, MODEL)
    for _ in TROUBLES:
        with pytest.raises(AmlwrapError):
            aml.models.get("ml-1")
    aml.models.get("ml-1")

    assert {record.name.partition(".")[0] for record in caplog.records} <= {"botocore", "boto3", "urllib3"}
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    "trouble", [*TROUBLES, Fault("InvalidInputException", f"No access for reader:{PASSWORD}")], ids=str
)
def test_a_databases_password_is_only_in_the_request(trouble: Any, aml: Client, script: Script) -> None:
    """Not in the query's representation, the resource, errors, their causes and their pickles."""
    query = RedshiftQuery(cluster="shop", database="dev", query="SELECT 1", user="reader", password=PASSWORD)
    script.on("CreateDataSourceFromRedshift", {"DataSourceId": "ds-1"}, trouble)

    def create() -> Any:
        schema = Schema({"y": "BINARY"}, target="y", header=False)
        role = "arn:aws:iam::111122223333:role/ml"
        return aml.datasources.create_from_redshift(query, role=role, schema=schema, staging="s3://b/q/")

    made = create()
    with pytest.raises(AmlwrapError) as caught:
        create()

    assert PASSWORD == script.calls[0][1]["DataSpec"]["DatabaseCredentials"]["Password"]
    shown = f"{query!r} {made!r} {made.raw} {caught.value!r} {caught.value}"
    traced = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown
    assert PASSWORD not in traced
    assert PASSWORD.encode() not in pickle.dumps([query, made, caught.value])


def test_an_engines_folder_holds_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment holds."""
    for name, value in {"ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "SESSION_TOKEN": TOKEN}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with amlwrap.connect(f"local:{tmp_path}/home", progress=False) as aml:
        aml.datasources.create(b"a,y\n" + b"1,1\n2,0\n" * 60, target="y").wait()

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(holds_a_secret(path.read_bytes()) for path in files)


@pytest.mark.parametrize("target", [f"http://me:{SECRET}@127.0.0.1:8228", f"https://{SECRET}@aml.example.com"])
def test_an_address_with_a_password_is_refused_without_repeating_it(target: str) -> None:
    """Addresses appear in errors, representations and pickles, so no password may be in one."""
    with pytest.raises(ConfigError, match="a user name or password in it") as caught:
        amlwrap.connect(target)

    assert not holds_a_secret(str(caught.value))
