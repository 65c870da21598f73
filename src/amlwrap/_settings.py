"""Where each setting came from: argument, environment, AWS configuration or default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import attrs

from amlwrap.exceptions import ConfigError

__all__ = ["Setting", "Settings", "named_urls", "resolve"]


@attrs.frozen
class Setting:
    """A value and the place it was found."""

    value: str | None
    source: str


@attrs.frozen(repr=False)
class Settings(Mapping[str, Setting]):
    """
    What a client works with, one `Setting` per name; printed as a table.

    >>> print(Settings({"target": Setting("local:./bank", "argument"), "region": Setting(None, "default")}))
    target  local:./bank  argument
    region  -             default
    """

    _found: dict[str, Setting]

    def __getitem__(self, name: str) -> Setting:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        rows = [(name, setting.value or "-", setting.source) for name, setting in self._found.items()]
        widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
        return "\n".join(f"{name:{widths[0]}}  {value:{widths[1]}}  {source}" for name, value, source in rows)

    __repr__ = __str__


def resolve(
    argument: str | None,
    variables: tuple[str, ...] = (),
    *,
    environment: Mapping[str, str] = os.environ,
    default: Setting | None = None,
) -> Setting:
    """
    The first of *argument*, the environment *variables* in order, and *default* that holds something.

    >>> resolve(None, ("AMLWRAP_TARGET",), environment={"AMLWRAP_TARGET": "local:"})
    Setting(value='local:', source='environment variable AMLWRAP_TARGET')
    """
    if argument is not None:
        return Setting(argument, "argument")
    for variable in variables:
        if environment.get(variable):
            return Setting(environment[variable], f"environment variable {variable}")
    return default or Setting(None, "default")


def named_urls(
    argument: Mapping[str, str] | None, variable: str, *, environment: Mapping[str, str] = os.environ
) -> tuple[Mapping[str, str], Setting]:
    """
    URLs by name, out of *argument* or a *variable* of ``NAME=URL`` words; and a setting that shows the names alone.

    A URL may hold a password, so no URL is in a setting or an error.

    >>> urls, setting = named_urls(None, "DATABASES", environment={"DATABASES": "shop=sqlite:///shop.db"})
    >>> urls, setting
    ({'shop': 'sqlite:///shop.db'}, Setting(value='shop', source='environment variable DATABASES'))
    """
    if argument is not None:
        return argument, Setting(", ".join(argument) or None, "argument")
    pairs = [word.partition("=") for word in environment.get(variable, "").split()]
    if not all(name and url for name, _, url in pairs):
        raise ConfigError(variable, "a word of another form", "words of the form NAME=URL, with blanks between them")
    urls = {name: url for name, _, url in pairs}
    return urls, Setting(", ".join(urls), f"environment variable {variable}") if urls else Setting(None, "default")
