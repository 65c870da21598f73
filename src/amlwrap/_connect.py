"""The front door: one target in, one client out."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from amlwrap._calls import Calls, Retry, SystemClock
from amlwrap._carriers import Carrier, carrier_for
from amlwrap._settings import Settings, resolve
from amlwrap._staging import Staging, normalised
from amlwrap._waiting import Polling
from amlwrap.client import Client
from amlwrap.exceptions import ConfigError
from amlwrap.resources import World
from amlwrap.typing import Clock, ProgressSetting

__all__ = ["boto3_client", "connect"]

_TEMPORARY = "local:"


def connect(
    target: Any = None,
    /,
    *,
    region: str | None = None,
    profile: str | None = None,
    staging: str | None = None,
    retry: Retry | None = None,
    polling: Polling | None = None,
    progress: ProgressSetting | None = None,
    clock: Clock | None = None,
    databases: Mapping[str, str] | None = None,
    limits: Mapping[str, int | float | str | None] | None = None,
    memory: int | str | None = None,
) -> Client:
    """
    A client of Amazon Machine Learning on AWS, of the embedded engine, or of a server on the same wire.

    Args:
        target: Nothing for AWS, with region, profile and credentials as boto3 finds them; ``"local:DIR"`` for the
            embedded engine in a folder, ``"local:"`` for one that is gone at close; ``"http://HOST:PORT"`` for a
            server; a boto3 Session; or a boto3 ``machinelearning`` client, which is used as it is, its own retries
            included. Without an argument, the environment variable ``AMLWRAP_TARGET`` is asked first.
        region: AWS region; the service lives in us-east-1 and eu-west-1.
        profile: Profile in the AWS configuration.
        staging: ``s3://`` location where local data is copied to, or ``AMLWRAP_STAGING``. No bucket is ever made.
        retry: How refused calls are tried again.
        polling: How often and how long `wait` looks.
        progress: ``False`` for silence, or a function that is handed every event.
        clock: Time, for tests.
        databases: For the embedded engine, SQLAlchemy URLs by the name of the RDS instance or Redshift cluster that
            each stands for; or ``AMLWRAP_DATABASES``, as words of the form ``NAME=URL``.
        limits: For the embedded engine, other limits than the service's by name, None for no limit:
            ``{"classes": 500}``; or ``AMLWRAP_LIMITS``, as ``classes=500,tags=none``.
        memory: For the embedded engine, how much its jobs may take for data, in bytes or as ``"256 MB"``; at least 64
            MB, by default 1 GB; or ``AMLWRAP_MEMORY``.

    Raises:
        ConfigError: A setting is missing or cannot be right.
    """
    _demand_policy("retry", retry, Retry)
    _demand_policy("polling", polling, Polling)
    return _connected(
        carrier_for(target, region=region, profile=profile, databases=databases, limits=limits, memory=memory),
        target,
        region=region,
        profile=profile,
        staging=staging,
        retry=retry,
        polling=polling,
        progress=progress,
        clock=clock,
        limits=limits,
        memory=memory,
    )


def _demand_policy(name: str, given: object, kind: type[Polling | Retry]) -> None:
    if given is not None and not isinstance(given, kind):
        expected = f"an amlwrap.{kind.__name__}"
        raise ConfigError(name, repr(given), expected, f"help(amlwrap.{kind.__name__}) shows what it takes.")


def connect_idle(target: str, /) -> Client:
    """A client of the embedded engine that *target* names, for a look: jobs that wait go on waiting."""
    return _connected(carrier_for(target, region=None, profile=None, workers=0), target)


def _connected(
    carrier: Carrier,
    target: Any,
    *,
    region: str | None = None,
    profile: str | None = None,
    staging: str | None = None,
    retry: Retry | None = None,
    polling: Polling | None = None,
    progress: ProgressSetting | None = None,
    clock: Clock | None = None,
    limits: Mapping[str, int | float | str | None] | None = None,
    memory: int | str | None = None,
) -> Client:
    place = resolve(staging, ("AMLWRAP_STAGING",), default=carrier.staging)
    time = SystemClock() if clock is None else clock
    shown = True if progress is None else progress
    try:
        world = World(
            calls=Calls(carrier.make, Retry() if retry is None else retry, time),
            polling=carrier.polling if polling is None else polling,
            clock=time,
            waiting=time if clock is not None or carrier.waiting is None else carrier.waiting,
            progress=shown,
            staging=Staging(normalised(place.value), carrier.store, shown, time),
            store=carrier.store,
            expression=carrier.expression,
            lasting=carrier.lasting,
            adopter=carrier.adopter,
            again=_again(
                target,
                region=region,
                profile=profile,
                staging=staging,
                retry=retry,
                polling=polling,
                progress=progress,
                clock=clock,
                limits=limits,
                memory=memory,
            ),
        )
    except BaseException:
        carrier.release()
        raise
    return Client(world, Settings({**carrier.settings, "staging": place}), carrier.release)


def _again(target: Any, **settings: Any) -> partial[Client] | None:
    """
    The same connection later or elsewhere, whatever the environment and folder are by then.

    It is not told of databases again: it is pickled, and their URLs may hold passwords.
    """
    named = resolve(target, ("AMLWRAP_TARGET",)).value if target is None or isinstance(target, str) else ""
    if named in ("", _TEMPORARY):
        return None
    if named is not None and named.startswith(_TEMPORARY):
        named = _TEMPORARY + str(Path(named.removeprefix(_TEMPORARY)).expanduser().absolute())
    return partial(connect, named, **{name: value for name, value in settings.items() if value is not None})


def boto3_client(
    target: Any = None,
    /,
    *,
    databases: Mapping[str, str] | None = None,
    limits: Mapping[str, int | float | str | None] | None = None,
    memory: int | str | None = None,
) -> Any:
    """
    A real boto3 ``machinelearning`` client on *target*, for code that is written against boto3.

    Everything about the client is botocore's own; with ``"local:DIR"`` its requests are answered by the embedded
    engine, which lives as long as the client does; *databases*, *limits* and *memory* are as of `connect`.
    """
    carrier = carrier_for(target, region=None, profile=None, databases=databases, limits=limits, memory=memory)
    client = carrier.plain()
    weakref.finalize(client, carrier.release)
    return client
