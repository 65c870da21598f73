"""What all commands share: their options, and the connection these ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from amlwrap.exceptions import ConfigError

if TYPE_CHECKING:
    from amlwrap import Client

__all__ = ["Session", "connecting", "current", "plain"]

F = TypeVar("F", bound=Callable[..., Any])

_AWS = "aws"
_LOCAL = "local:"


class Session:
    """One run of the command line."""

    def __init__(self) -> None:
        self.target: str | None = None
        self.json = False
        self.debug = bool(os.environ.get("AMLWRAP_DEBUG"))

    def connect(self, *, looking: bool = False) -> Client:
        """
        The client that ``--connect``, the environment or boto3's settings ask for.

        Args:
            looking: Nothing is to be run: an embedded engine must be there, and leaves its jobs alone.
        """
        from amlwrap._connect import connect, connect_idle

        target = os.environ.get("AMLWRAP_TARGET") if self.target is None else self.target
        if target == _AWS:
            import boto3

            return connect(boto3.Session())
        if not looking or target is None or not target.startswith(_LOCAL):
            return connect(target or None)
        _demand_home(target)
        return connect_idle(target)

    def connect_named(self, *, looking: bool = False) -> Client | None:
        """The client that was asked for by name; None when nobody named one."""
        named = self.target is not None or os.environ.get("AMLWRAP_TARGET")
        return self.connect(looking=looking) if named else None


def current() -> Session:
    """The session of the command that runs."""
    return click.get_current_context().find_root().ensure_object(Session)


def plain(command: F) -> F:
    """*command* with the options that all have."""
    for option in (_DEBUG, _JSON):
        command = option(command)
    return command


def connecting(command: F) -> F:
    """*command* with the options of those that need a connection."""
    return _CONNECT(plain(command))


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Remember an option wherever it stood; the last one wins."""
    if value not in (None, False):
        setattr(context.find_root().ensure_object(Session), str(parameter.name), value)


_CONNECT = click.option(
    "--connect",
    "target",
    metavar="TARGET",
    expose_value=False,
    callback=_keep,
    is_eager=True,
    help="local:DIR, http://HOST:PORT or aws; by default AMLWRAP_TARGET, then AWS as boto3 finds it.",
)
_JSON = click.option(
    "--json", is_flag=True, expose_value=False, callback=_keep, help="Write JSON; of several results, one on each line."
)
_DEBUG = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    callback=_keep,
    help="Show where an error comes from; also AMLWRAP_DEBUG=1.",
)


def _demand_home(target: str) -> None:
    folder = target.removeprefix(_LOCAL)
    if folder and not Path(folder).expanduser().joinpath("state.sqlite").is_file():
        remedy = "Commands that look make none; amlwrap run and amlwrap serve do."
        raise ConfigError(
            "--connect", f"nothing of that kind in {folder!r}", "the folder of an embedded engine", remedy
        )
