"""Which database stands for which instance or cluster, and as whom it is asked; nothing of it is ever written down."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from amlwrap.exceptions import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import URL

__all__ = ["Databases", "Login"]

_SETTING = "databases"
_NAME = re.compile("[a-z0-9-]{1,63}")
_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
"""What the extra installs, where a URL leaves the driver open."""

_WITHOUT_LOGIN = ("sqlite", "duckdb")


@attrs.frozen
class Login:
    """
    A database and who asks it.

    Attributes:
        name: Of the instance or cluster it stands for.
        url: Complete, as far as anybody said.
        secrets: What no message may hold.
        lost: True when the password that came with the request is not in this process any more, and no other is known.
    """

    name: str
    url: URL = attrs.field(repr=False)
    secrets: tuple[str, ...] = attrs.field(repr=False)
    lost: bool

    def hides(self, words: str) -> str:
        """*words* without the secrets."""
        for secret in self.secrets:
            words = words.replace(secret, "***")
        return words


class Databases:
    """
    The databases an engine was told of, and the passwords that requests brought, until their jobs are done.

    Args:
        urls: SQLAlchemy URLs by the name of an instance or cluster.

    Raises:
        ConfigError: A name that no request can give, or no URL.
        MissingExtraError: SQLAlchemy or a driver is not installed.
    """

    def __init__(self, urls: Mapping[str, str] | None = None) -> None:
        self._urls = {name: _parsed(name, url) for name, url in (urls or {}).items()}
        self._passwords: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Databases {', '.join(self._urls) or 'none'}>"

    def lend(self, id: str, password: str) -> None:
        """Keep the *password* that came with datasource *id*, in memory."""
        self._passwords[id] = password

    def forget(self, id: str) -> None:
        """Let go of it."""
        self._passwords.pop(id, None)

    def login(self, name: str, *, id: str, user: str, database: str) -> Login:
        """
        How datasource *id* gets at *database* of the instance or cluster *name*, as *user*.

        What the URL says, holds; what it leaves open comes from the request. A URL with a user of its own is not given
        the password of the request's.

        Raises:
            ConfigError: The engine was never told of *name*, or of a file that is not there.
        """
        url = self._urls.get(name)
        if url is None:
            told = ", ".join(sorted(self._urls)) or "it was told of none"
            remedy = (
                f'Tell it: connect("local:DIR", databases={{{name!r}: "postgresql://HOST"}}), '
                "with any URL SQLAlchemy knows, or AMLWRAP_DATABASES."
            )
            raise ConfigError(_SETTING, repr(name), f"an instance or cluster the engine was told of ({told})", remedy)
        brought = self._passwords.get(id)
        secrets = tuple({str(secret) for secret in (url.password, brought, *_hidden(url)) if secret})
        if url.get_backend_name() in _WITHOUT_LOGIN:
            _demand_file(name, url)
            return Login(name, url, secrets, lost=False)
        asks = url.username in (None, user)
        complete = url.set(
            username=url.username or user,
            password=url.password or (brought if asks else None),
            database=url.database or database,
        )
        return Login(name, complete, secrets, lost=complete.password is None and asks)


def _hidden(url: URL) -> list[str]:
    """What drivers take as a password among the options behind the question mark."""
    return [value for key, values in url.normalized_query.items() if "pass" in key.lower() for value in values]


def _parsed(name: str, given: Any) -> URL:
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise MissingExtraError("asking databases", "databases") from error
    if not _NAME.fullmatch(name):
        raise ConfigError(_SETTING, repr(name), "names of 1 to 63 lower-case letters, digits and hyphens")
    try:
        url: URL = make_url(given)
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        dialect = url.get_dialect()
    except (ArgumentError, ValueError):  # whose words may hold the URL, and that a password
        expected = "a URL that SQLAlchemy knows, such as postgresql://HOST/DATABASE"
        raise ConfigError(f"{_SETTING}[{name!r}]", "something else", expected) from None
    try:
        dialect.import_dbapi()
    except ImportError as error:
        if url.drivername in _DRIVERS.values():
            raise MissingExtraError(f"asking {url.drivername}", "databases") from error
        raise ConfigError(f"{_SETTING}[{name!r}]", str(error), f"the driver of {url.drivername}") from error
    return _absolute(url)


def _absolute(url: URL) -> URL:
    """A file of SQLite stays the same one when the process goes to another folder."""
    path = _file_of(url)
    return url if path is None else url.set(database=str(path.expanduser().absolute()))


def _demand_file(name: str, url: URL) -> None:
    """Whoever asks SQLite for a file that is not there, makes one."""
    path = _file_of(url)
    if path is not None and not path.is_file():
        raise ConfigError(f"{_SETTING}[{name!r}]", f"{path}, where there is none", "a file")


def _file_of(url: URL) -> Path | None:
    path = url.database
    is_file = url.get_backend_name() == "sqlite" and path and not path.startswith((":", "file:"))
    return Path(str(path)) if is_file else None
