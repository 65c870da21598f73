"""Connecting: every kind of target, whose word counts, and what is told when it cannot be."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import boto3
import pytest

import amlwrap
from amlwrap import exceptions
from amlwrap._calls import SystemClock
from amlwrap._waiting import Polling
from tests.scripted import Fault, Script

SCHEMA = '{"attributes":[{"attributeName":"y","attributeType":"BINARY"}],"targetAttributeName":"y"}'


def session(**settings: Any) -> Any:
    """A session of somebody's own."""
    return boto3.Session(
        aws_access_key_id="AKIA", aws_secret_access_key="secret", **{"region_name": "eu-west-1", **settings}
    )


def sources(aml: amlwrap.Client) -> dict[str, tuple[str | None, str]]:
    """What `describe` says, plainly."""
    return {name: (setting.value, setting.source) for name, setting in aml.describe().items()}


def test_aws_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Region and profile as boto3 finds them, retries ours alone, requests signed."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    aml = amlwrap.connect()

    assert {
        "target": ("AWS", "default"),
        "region": ("eu-west-1", "environment variable AWS_DEFAULT_REGION"),
        "profile": (None, "default"),
        "staging": (None, "default"),
    } == sources(aml)
    assert "https://machinelearning.eu-west-1.amazonaws.com" == aml.boto.meta.endpoint_url
    assert 1 == aml.boto.meta.config.retries["total_max_attempts"]
    assert "v4" == aml.boto.meta.config.signature_version
    assert "<Client of amlwrap.connect()>" == repr(aml)


def test_arguments_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument beats the environment, and describe() says so."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AMLWRAP_STAGING", "s3://theirs/")

    aml = amlwrap.connect(region="us-east-1", staging="s3://ours/in")

    assert ("us-east-1", "argument") == sources(aml)["region"]
    assert ("s3://ours/in", "argument") == sources(aml)["staging"]
    assert "<Client of amlwrap.connect(region='us-east-1')>" == repr(aml)
    assert "region" in str(aml.describe())


def test_the_environment_rules_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Region and staging from variables; the profile's region where there are none."""
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AMLWRAP_STAGING", "s3://theirs/")

    told = sources(amlwrap.connect(profile="work"))

    assert ("eu-west-1", f"AWS configuration {config}") == told["region"]
    assert ("work", "argument") == told["profile"]
    assert ("s3://theirs/", "environment variable AMLWRAP_STAGING") == told["staging"]


def test_without_a_region_both_are_named() -> None:
    """The service lives in two; whoever has no account is told the other way."""
    with pytest.raises(exceptions.ConfigError, match=r"us-east-1 and eu-west-1.*local:"):
        amlwrap.connect()
    with pytest.raises(exceptions.ConfigError, match="us-east-1, eu-west-1"):
        amlwrap.connect(session(region_name=None))


def test_a_profile_that_is_not_there_is_told() -> None:
    """Errors of boto3's configuration are ours when they come out."""
    with pytest.raises(exceptions.ConfigError, match="nobody"):
        amlwrap.connect(profile="nobody")
    with pytest.raises(exceptions.ConfigError, match="nobody"):
        _ = amlwrap.connect(region="us-east-1", profile="nobody").boto


def test_a_bug_of_a_session_stays_a_bug() -> None:
    """What botocore did not raise on purpose is not dressed up."""

    class Broken:
        region_name = "us-east-1"
        profile_name = None

        def client(self, *_: Any, **__: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _ = amlwrap.connect(Broken()).boto


def test_missing_credentials_are_told_once_something_is_called() -> None:
    """Connecting needs none; the first call says what to do."""
    with amlwrap.connect(region="us-east-1") as aml, pytest.raises(exceptions.ConfigError, match="aws configure"):
        aml.models.get("ml-1")


@pytest.mark.parametrize("target", ["./shop", "localhost:8228", "s3://bucket", ""])
def test_a_target_that_is_none_is_refused(target: str) -> None:
    """With the likeliest meaning as the remedy."""
    with pytest.raises(exceptions.ConfigError, match=f'connect\\("local:{target}"\\)'):
        amlwrap.connect(target)


@pytest.mark.parametrize("target", [42, object(), Path("shop")])
def test_an_object_that_is_no_connection_is_refused(target: Any) -> None:
    """What is neither session nor client nor text."""
    with pytest.raises(exceptions.ConfigError, match="a boto3 Session or a machinelearning client"):
        amlwrap.connect(target)


def test_a_client_of_another_service_is_refused() -> None:
    """S3 learns nothing."""
    with pytest.raises(exceptions.ConfigError, match="machinelearning client"):
        amlwrap.connect(session().client("s3"))


def test_the_target_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test run can be sent elsewhere without touching the code; a bad value names the variable."""
    monkeypatch.setenv("AMLWRAP_TARGET", "http://127.0.0.1:8228")
    assert ("http://127.0.0.1:8228", "environment variable AMLWRAP_TARGET") == sources(amlwrap.connect())["target"]

    monkeypatch.setenv("AMLWRAP_TARGET", "nonsense")
    with pytest.raises(exceptions.ConfigError, match="environment variable AMLWRAP_TARGET"):
        amlwrap.connect()


def test_a_server_is_called_unsigned_and_told_of_details() -> None:
    """Our server needs no credentials; it is asked for what AWS would never tell."""
    aml = amlwrap.connect("http://127.0.0.1:1", retry=amlwrap.Retry(attempts=1))
    seen: list[Any] = []

    def stop(request: Any, **_: Any) -> None:
        seen.append(dict(request.headers))
        raise ZeroDivisionError

    aml.boto.meta.events.register("before-send", stop)
    with pytest.raises(ZeroDivisionError):
        aml.models.get("ml-1")

    assert "http://127.0.0.1:1" == aml.boto.meta.endpoint_url
    assert "Authorization" not in seen[0]
    assert "1" in (value if isinstance(value, str) else value.decode() for value in [seen[0]["x-amlwrap-details"]])


def test_nobody_at_home_is_a_transport_error() -> None:
    """A refused connection says where nobody was."""
    aml = amlwrap.connect("http://127.0.0.1:1", retry=amlwrap.Retry(attempts=1))

    with pytest.raises(exceptions.TransportError, match=r"no answer from http://127\.0\.0\.1:1 in one attempt"):
        aml.models.get("ml-1")


def test_a_session_makes_our_client() -> None:
    """Its credentials and region, our retries."""
    aml = amlwrap.connect(session())

    assert ("eu-west-1", "session") == sources(aml)["region"]
    assert 1 == aml.boto.meta.config.retries["total_max_attempts"]
    assert ("us-east-1", "argument") == sources(amlwrap.connect(session(), region="us-east-1"))["region"]


def test_a_client_is_used_as_it_is() -> None:
    """Its own retries stay, nothing is registered on it, and it says where it lives."""
    script = Script(GetMLModel={"MLModelId": "ml-1"})
    client = script.client()
    aml = amlwrap.connect(client)

    assert client is aml.boto
    assert "ml-1" == aml.models.get("ml-1").id
    assert "x-amlwrap-details" not in script.headers[0]
    assert ("us-east-1", "client") == sources(aml)["region"]
    with pytest.raises(exceptions.ConfigError, match="Session that the client came from"):
        amlwrap.connect(client, staging="s3://b/").datasources.create(b"y\n1\n", schema=SCHEMA)


@pytest.mark.parametrize("extra", [{"region": "us-east-1"}, {"profile": "work"}])
def test_what_is_settled_is_not_settled_again(extra: dict[str, str]) -> None:
    """A client has its region and profile, and so has the engine."""
    for target in (Script().client(), "local:"):
        with pytest.raises(exceptions.ConfigError, match="which settles it"):
            amlwrap.connect(target, **extra)  # type: ignore[arg-type]


def test_a_closed_service_names_the_engine() -> None:
    """The first thing a new account meets says where the same things run."""
    message = "AmazonML is no longer available to new customers."
    client = Script(DescribeMLModels=Fault("AccessDeniedException", message, 403)).client()

    with pytest.raises(exceptions.ServiceClosedError, match=r'amlwrap\.connect\("local:\./models"\)'):
        amlwrap.connect(client).models.list().first()


def test_a_bad_staging_place_is_told_at_once() -> None:
    """Not when the first data is sent."""
    with pytest.raises(exceptions.ConfigError, match="staging"):
        amlwrap.connect("http://127.0.0.1:1", staging="/tmp/here")


def test_the_engine_in_a_folder(tmp_path: Path) -> None:
    """Data staged there lies in the folder as plain files, and the client can be come back to."""
    with amlwrap.connect(f"local:{tmp_path}", progress=False) as aml:
        made = aml.datasources.create(b"y\n1\n0\n", schema=SCHEMA, name="bits")

        assert f"amlwrap.connect('local:{tmp_path}')" in repr(aml)
        assert ("s3://staging/", "default of the embedded engine") == sources(aml)["staging"]
        assert (tmp_path / "s3" / made.uri.removeprefix("s3://")).is_file()

    with pytest.raises(exceptions.ConfigError, match="closed"):
        aml.datasources.get(made.id)
    with amlwrap.connect(f"local:{tmp_path}", progress=False) as aml:
        assert "bits" == aml.datasources.get(made.id).name
    aml.close()


def test_boto3_talks_to_the_engine(tmp_path: Path) -> None:
    """A real boto3 client, for code that knows nothing of us; the engine goes when the client does."""
    client = amlwrap.boto3_client(f"local:{tmp_path}")

    assert [] == client.describe_ml_models()["Results"]
    assert "MachineLearning" == type(client).__name__

    del client
    gc.collect()
    with amlwrap.connect(f"local:{tmp_path}") as aml:
        assert 0 == aml.models.list().count()


def test_boto3_elsewhere_is_boto3_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """On AWS with botocore's own retries; on a client, that client."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = Script().client()

    assert "total_max_attempts" not in (amlwrap.boto3_client().meta.config.retries or {})
    assert client is amlwrap.boto3_client(client)
    assert "http://127.0.0.1:1" == amlwrap.boto3_client("http://127.0.0.1:1").meta.endpoint_url


def test_policies_are_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed is what is used."""
    clock, polling, retry = SystemClock(), Polling(timeout=1), amlwrap.Retry(attempts=2)

    aml = amlwrap.connect("http://127.0.0.1:1", clock=clock, polling=polling, retry=retry, progress=False)

    world = aml.models._world
    assert (clock, polling, retry, False) == (world.clock, world.polling, world.calls.retry, world.progress)
    assert world.clock is world.calls.clock


@pytest.mark.parametrize(("name", "kind"), [("polling", "Polling"), ("retry", "Retry")])
def test_a_policy_that_is_none_is_refused(name: str, kind: str) -> None:
    """By its name, and before anything is opened."""
    settings: dict[str, Any] = {name: 5}
    with pytest.raises(exceptions.ConfigError, match=rf"{name}: expected an amlwrap\.{kind}, found 5"):
        amlwrap.connect("http://127.0.0.1:1", **settings)


@pytest.mark.parametrize(("target", "lasts"), [("local:", False), ("local:{}/home", True)])
def test_jobs_outlive_a_client_with_a_folder(target: str, lasts: bool, tmp_path: Path) -> None:
    """Those of an engine that is gone at close do not, and their endpoints neither."""
    with amlwrap.connect(target.format(tmp_path), progress=False) as aml:
        data = aml.datasources.create(b"age,y\n31,1\n44,0\n", target="y", statistics=False)
        model = amlwrap.Model(id="ml-1", world=aml._world)

        assert (lasts, lasts) == (data._lasts(), model.endpoint()._lasts())
