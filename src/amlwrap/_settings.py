"""Where each setting came from: argument, environment, AWS configuration or default."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from amlwrap.exceptions import ConfigError

__all__ = ["Setting", "Settings", "memory_budget", "n_bytes", "named_limits", "named_urls", "resolve"]

_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,6})?)\s*(?:([kmgt]?)(i?)b?)?\s*", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST_MEMORY = 64_000_000
_NO_LIMIT = "none"


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


def n_bytes(setting: str, value: Any) -> int:
    """
    A number of bytes, out of a number or a text such as ``"256 MB"`` or ``"1.5 GiB"``.

    Raises:
        ConfigError: *value* is neither, or nothing at all.

    >>> n_bytes("memory", "256 MB"), n_bytes("memory", "1.5 GiB"), n_bytes("memory", 1000)
    (256000000, 1610612736, 1000)
    """
    found = _SIZE.fullmatch(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
    if found is not None:
        count, prefix, binary = found.groups()
        power: int = _POWERS[(prefix or "").lower()]
        total = round(float(count) * float(1024 if binary else 1000) ** power)
        if total:
            return total
    raise ConfigError(setting, repr(value)[:60], 'a number of bytes, or a text such as "256 MB" or "1 GiB"')


def memory_budget(
    argument: int | str | None, variable: str = "AMLWRAP_MEMORY", *, environment: Mapping[str, str] = os.environ
) -> tuple[int | None, Setting]:
    """
    The bytes that an engine's jobs may take for data, as *argument* or *variable* says; None where neither does.

    Raises:
        ConfigError: It is no number of bytes, or fewer than 64 MB.

    >>> memory_budget(None, environment={"AMLWRAP_MEMORY": "256 MB"})
    (256000000, Setting(value='256 MB', source='environment variable AMLWRAP_MEMORY'))
    """
    setting = resolve(None if argument is None else str(argument), (variable,), environment=environment)
    if setting.value is None:
        return None, setting
    place = "memory" if argument is not None else variable
    budget = n_bytes(place, setting.value if argument is None else argument)
    if budget < _LEAST_MEMORY:
        raise ConfigError(place, setting.value, f"at least {_LEAST_MEMORY // 1_000_000} MB")
    return budget, setting


def named_limits(
    argument: Mapping[str, Any] | None, variable: str = "AMLWRAP_LIMITS", *, environment: Mapping[str, str] = os.environ
) -> tuple[Mapping[str, Any], Setting]:
    """
    Limits by name, out of *argument* or a *variable* of ``NAME=NUMBER`` with commas between them.

    >>> named_limits(None, environment={"AMLWRAP_LIMITS": "classes=500, tags=none"})[0]
    {'classes': '500', 'tags': 'none'}
    """
    if argument is not None:
        shown = ", ".join(f"{name}={_NO_LIMIT if value is None else value}" for name, value in argument.items())
        return argument, Setting(shown or None, "argument")
    text = environment.get(variable, "")
    pairs = [word.partition("=") for word in text.split(",") if word.strip()]
    if not all(name.strip() and value.strip() for name, _, value in pairs):
        raise ConfigError(variable, repr(text)[:60], "NAME=NUMBER or NAME=none, with commas between them")
    limits = {name.strip(): value.strip() for name, _, value in pairs}
    return limits, Setting(text, f"environment variable {variable}") if limits else Setting(None, "default")
