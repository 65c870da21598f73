"""The worlds a client can be in: each knows how to make its boto3 client, its object store and its end."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

from amlwrap._calls import SystemClock
from amlwrap._description import SERVICE, client_of
from amlwrap._settings import Setting, memory_budget, named_limits, named_urls, resolve
from amlwrap._translation import translate
from amlwrap._waiting import Polling
from amlwrap._wire import DETAIL_PREFIX, DETAILS_HEADER, wanted_details
from amlwrap.exceptions import ConfigError
from amlwrap.objects import S3, Layered, ObjectStore, Served, split_uri
from amlwrap.resources import Adopter
from amlwrap.typing import Clock

if TYPE_CHECKING:
    from amlwrap.local import Engine

__all__ = ["Carrier", "carrier_for"]

REGIONS = ("us-east-1", "eu-west-1")
_UNSET = Setting(None, "default")
_LOCAL_STAGING = Setting("s3://staging/", "default of the embedded engine")
_SERVER_STAGING = Setting(_LOCAL_STAGING.value, "default of amlwrap's server")


def _nothing() -> None:
    """Nothing to release."""


@attrs.frozen(kw_only=True)
class Carrier:
    """
    One world.

    Attributes:
        make: A boto3 client tuned for amlwrap, which retries by itself.
        plain: A boto3 client as boto3 users expect it.
        adopter: Takes in what stood elsewhere; only an engine of ours can.
        expression: Python that comes back to it.
        lasting: Whether jobs outlive the client.
        waiting: Time as those see it who wait for jobs, where somebody can tell them that one has ended.
    """

    make: Callable[[], Any]
    plain: Callable[[], Any]
    store: Callable[[], ObjectStore]
    polling: Polling
    expression: str
    lasting: bool = True
    settings: Mapping[str, Setting]
    staging: Setting = _UNSET
    adopter: Adopter | None = None
    waiting: Clock | None = None
    release: Callable[[], None] = _nothing


def carrier_for(
    target: Any,
    *,
    region: str | None,
    profile: str | None,
    databases: Mapping[str, str] | None = None,
    limits: Mapping[str, Any] | None = None,
    memory: int | str | None = None,
    workers: int | None = None,
) -> Carrier:
    """
    The world that *target* names, or that the environment does when it is ``None``.

    Args:
        workers: How many jobs an embedded engine runs at a time; see `open_engine`.

    Raises:
        ConfigError: It names none.
    """
    if target is not None and not isinstance(target, str):
        _refuse_engines_own(databases, limits, memory)
        return _foreign(target, region, profile)
    found = resolve(target, ("AMLWRAP_TARGET",))
    if found.value and found.value.startswith("local:"):
        return _local(
            found,
            region=region,
            profile=profile,
            databases=databases,
            limits=limits,
            memory=memory,
            workers=workers,
        )
    _refuse_engines_own(databases, limits, memory)
    if found.value is None:
        return _aws(region, profile)
    if found.value.startswith(("http://", "https://")):
        return _http(found, region, profile)
    remedy = f'For a folder on this machine: connect("local:{found.value}").'
    raise ConfigError("target", f"{found.value!r} ({found.source})", '"local:DIR", "http://HOST:PORT" or none', remedy)


def _aws(region: str | None, profile: str | None) -> Carrier:
    """AWS as boto3 finds it; boto3 is loaded now only if the region must be looked up in its files."""
    chosen_profile = resolve(profile, ("AWS_DEFAULT_PROFILE", "AWS_PROFILE"))
    chosen_region = resolve(region, ("AWS_DEFAULT_REGION",))
    session = partial(_session, profile)
    if chosen_region.value is None:
        with _translated():
            chosen_region = Setting(session().region_name, f"AWS configuration {_config_file()}")
    if chosen_region.value is None:
        remedy = f'The service lives in {" and ".join(REGIONS)}: connect(region="{REGIONS[0]}"), or AWS_DEFAULT_REGION.'
        raise ConfigError("region", "none", "an AWS region", f'{remedy} Without an account: connect("local:./models").')
    arguments = [f"{key}={value!r}" for key, value in (("region", region), ("profile", profile)) if value is not None]
    target = Setting("AWS", "default")
    return _aws_with(session, chosen_region, f"amlwrap.connect({', '.join(arguments)})", target, chosen_profile)


def _aws_with(
    session: Callable[[], Any], region: Setting, expression: str, target: Setting, profile: Setting
) -> Carrier:
    def client(**options: Any) -> Any:
        with _translated():
            return client_of(session(), region_name=region.value, **options)

    return Carrier(
        make=lambda: client(config=_one_attempt()),
        plain=client,
        store=_once(lambda: S3(lambda: session().client("s3", region_name=region.value))),
        polling=Polling.remote(),
        expression=expression,
        settings={"target": target, "region": region, "profile": profile},
    )


def _local(
    target: Setting,
    *,
    region: str | None,
    profile: str | None,
    databases: Mapping[str, str] | None,
    limits: Mapping[str, Any] | None,
    memory: int | str | None,
    workers: int | None,
) -> Carrier:
    _refuse("local:", region=region, profile=profile)
    from amlwrap.local import Limits, open_engine

    text = str(target.value)
    folder = text.removeprefix("local:")
    urls, told = named_urls(databases, "AMLWRAP_DATABASES")
    lifted, limited = named_limits(limits)
    budget, remembered = memory_budget(memory)
    home = Path(folder).expanduser() if folder else None
    engine: Engine = open_engine(home, databases=urls, limits=Limits.of(lifted), memory=budget, workers=workers)
    # A bucket of the engine's is a folder that is there; buckets that are not belong to AWS.
    (engine.home.objects / split_uri(str(_LOCAL_STAGING.value))[0]).mkdir(exist_ok=True)
    return Carrier(
        make=lambda: _with_details(engine.boto3_client()),
        plain=engine.boto3_client,
        store=lambda: engine.store,
        polling=attrs.evolve(Polling.local(), first_delay=0.1),  # who waits is woken; looks meanwhile are for show
        expression=f"amlwrap.connect({text!r})" if folder else "aml",
        lasting=bool(folder),
        settings={
            "target": target,
            "region": _UNSET,
            "profile": _UNSET,
            "databases": told,
            "limits": limited,
            "memory": remembered,
        },
        staging=_LOCAL_STAGING,
        adopter=engine,
        waiting=_Listening(engine),
        release=_once(engine.close),
    )


@attrs.define
class _Listening(SystemClock):
    """The machine's time; sleep ends when a job of the *engine* has ended, or may have."""

    engine: Engine
    _seen: int = attrs.field(default=0, init=False)

    def sleep(self, seconds: float, /) -> None:
        """Block for *seconds*, or until there may be news."""
        self._seen = self.engine.wait_for_news(self._seen, seconds)


def _http(target: Setting, region: str | None, profile: str | None) -> Carrier:
    """A server on the same wire; calls are not signed, and buckets it does not have are found as boto3 finds them."""
    if "@" in urlsplit(str(target.value)).netloc:
        found = f"a user name or password in it ({target.source})"
        raise ConfigError(
            "target", found, '"http://HOST:PORT"', "Calls to a server are not signed, and addresses are shown."
        )
    chosen = resolve(region, ("AWS_DEFAULT_REGION",), default=Setting(REGIONS[0], "default"))
    url = str(target.value).rstrip("/")
    session = partial(_session, profile)

    def unsigned(**settings: Any) -> Any:
        from botocore import UNSIGNED

        return _one_attempt(signature_version=UNSIGNED, **settings)

    def client() -> Any:
        with _translated():
            return client_of(session(), region_name=chosen.value, endpoint_url=url, config=unsigned())

    def s3(**options: Any) -> Any:
        return session().client("s3", region_name=chosen.value, **options)

    def store() -> ObjectStore:
        path_style = unsigned(s3={"addressing_style": "path"})
        own, _ = split_uri(str(_SERVER_STAGING.value))
        return Layered(Served(lambda: s3(endpoint_url=f"{url}/s3", config=path_style), url, own), lambda: S3(s3))

    return Carrier(
        make=lambda: _with_details(client()),
        plain=client,
        store=_once(store),
        polling=Polling.local(),
        expression=f"amlwrap.connect({target.value!r})",
        settings={"target": target, "region": chosen, "profile": resolve(profile)},
        staging=_SERVER_STAGING,
    )


def _foreign(target: Any, region: str | None, profile: str | None) -> Carrier:
    """A session, which makes our client, or a client, which is used as it is."""
    source = Setting(f"{type(target).__module__}.{type(target).__name__}", "argument")
    profile_setting = Setting(getattr(target, "profile_name", None), "argument")
    if hasattr(target, "client") and hasattr(target, "region_name"):
        _refuse("a boto3 session", profile=profile)
        chosen = resolve(region, default=Setting(target.region_name, "session"))
        if chosen.value is None:
            raise ConfigError(
                "region", "none", f"one of {', '.join(REGIONS)}", "Pass region=, or give the session one."
            )
        return _aws_with(lambda: target, chosen, "aml", source, profile_setting)
    model = getattr(getattr(target, "meta", None), "service_model", None)
    if getattr(model, "service_name", None) != SERVICE:
        raise ConfigError("target", repr(target), f"a string, a boto3 Session or a {SERVICE} client")
    _refuse(f"a {SERVICE} client", region=region, profile=profile)
    return Carrier(
        make=lambda: target,
        plain=lambda: target,
        store=_no_store,
        polling=Polling.remote(),
        expression="aml",
        settings={
            "target": source,
            "region": Setting(target.meta.region_name, "client"),
            "profile": _UNSET,
        },
    )


def _no_store() -> ObjectStore:
    remedy = "Connect with the boto3 Session that the client came from, or give s3:// locations and read them yourself."
    raise ConfigError("target", "a client, which cannot say how to reach S3", "a way to read and write S3", remedy)


def _session(profile: str | None) -> Any:
    import boto3

    return boto3.Session(profile_name=profile)


def _one_attempt(**settings: Any) -> Any:
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1}, **settings)


def _with_details(client: Any) -> Any:
    """*client*, now telling our engine that what only it knows is welcome; AWS is never told."""
    client.meta.events.register("before-call", _ask_for_details, unique_id="amlwrap-details")
    client.meta.events.register("after-call", _keep_details, unique_id="amlwrap-details-kept")
    return client


def _ask_for_details(params: dict[str, Any], **_: Any) -> None:
    params["headers"][DETAILS_HEADER] = wanted_details()


def _keep_details(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    """Add to *parsed* the members of a reply that botocore's description of it does not know, and so leaves out."""
    content: bytes = http_response.content
    if f'"{DETAIL_PREFIX}'.encode() in content and http_response.status_code == 200:
        members: dict[str, Any] = json.loads(content)
        parsed.update((name, value) for name, value in members.items() if name.startswith(DETAIL_PREFIX))


def _refuse(target: str, **arguments: str | None) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise ConfigError(name, repr(value), f"nothing beside {target}, which settles it")


def _refuse_engines_own(
    databases: Mapping[str, str] | None, limits: Mapping[str, Any] | None, memory: int | str | None
) -> None:
    """Settings of an engine, given to what is none."""
    if databases is not None:
        expected = "the embedded engine, which alone has to be told of databases"
        raise ConfigError("databases", ", ".join(databases) or "none", expected)
    if limits is not None:
        remedy = 'Limits belong to the engine: connect("local:DIR", limits=…), or amlwrap serve --limit NAME=NUMBER.'
        raise ConfigError(
            "limits", ", ".join(limits) or "none", "the embedded engine, which alone can lift any", remedy
        )
    if memory is not None:
        remedy = 'connect("local:DIR", memory=…), or amlwrap serve --memory SIZE.'
        raise ConfigError("memory", repr(memory), "the embedded engine, whose jobs alone take any here", remedy)


def _config_file() -> str:
    return os.environ.get("AWS_CONFIG_FILE", "~/.aws/config")


def _once(function: Callable[[], Any]) -> Callable[[], Any]:
    """*function*, called at most once whoever asks; its value is kept."""
    from functools import cache

    return cache(function)


@contextmanager
def _translated() -> Generator[None, None, None]:
    try:
        yield
    except Exception as error:
        translated = translate(error, "connect", {}, "", 1)
        if translated is None:
            raise
        raise translated from error
