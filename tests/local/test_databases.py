"""Which database stands for which name, and as whom it is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from amlwrap.exceptions import ConfigError, MissingExtraError
from amlwrap.local.databases import Databases

pytest.importorskip("sqlalchemy")


def login(url: str, **changes: str) -> Any:
    """How a request of user ``ml``, with a password, for database ``orders`` gets at *url*."""
    databases = Databases({"shop": url})
    databases.lend("ds-1", "brought along")
    return databases.login("shop", **{"id": "ds-1", "user": "ml", "database": "orders"} | changes)


def full(made: Any) -> str:
    """The URL with its password."""
    url: str = made.url.render_as_string(hide_password=False)
    return url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://db:5432", "postgresql+psycopg://ml:brought along@db:5432/orders"),
        ("postgres://db/test", "postgresql+psycopg://ml:brought along@db/test"),
        ("mysql://ml@db", "mysql+pymysql://ml:brought along@db/orders"),
        ("mariadb://ml:own@db", "mariadb+pymysql://ml:own@db/orders"),
        ("mysql+pymysql://root:own@db", "mysql+pymysql://root:own@db/orders"),
        ("mysql://root@db", "mysql+pymysql://root@db/orders"),
    ],
)
def test_what_the_url_says_holds(url: str, expected: str) -> None:
    """The rest comes from the request; its password is for its own user alone."""
    assert expected == full(login(url)).replace("%20", " ").replace("+along", " along")


def test_files_need_no_login(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file of SQLite is the same one wherever the process goes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.db").touch()

    found = login("sqlite:///shop.db")

    assert (str(tmp_path / "shop.db"), False, None) == (found.url.database, found.lost, found.url.username)
    assert ":memory:" == login("sqlite:///:memory:").url.database


def test_a_lost_password_is_noticed() -> None:
    """When it went with another process and the URL has none."""
    assert login("postgresql://db", id="ds-other").lost
    assert not login("postgresql://db").lost
    assert not login("postgresql://ml:own@db", id="ds-other").lost
    assert not login("postgresql://root@db", id="ds-other").lost


def test_a_password_is_lent_until_its_job_is_done() -> None:
    """Then nobody has it any more."""
    databases = Databases({"shop": "postgresql://db"})
    databases.lend("ds-1", "brought along")
    databases.forget("ds-1")
    databases.forget("ds-1")

    assert databases.login("shop", id="ds-1", user="ml", database="orders").lost


def test_secrets_are_not_shown() -> None:
    """Neither by what keeps them nor in what it lets through."""
    found = login("postgresql://ml:very own@db")

    assert "very own" not in repr(found) + repr(Databases({"shop": "postgresql://ml:very own@db"}))
    assert "wrong *** and ***" == found.hides("wrong very own and brought along")
    assert "no ***" == login("postgresql://db?sslpassword=of+the+key").hides("no of the key")
    assert "<Databases none>" == repr(Databases())


def test_a_name_nobody_told_of_is_told_with_those_that_are() -> None:
    """And how to tell of it."""
    asked = {"id": "ds-1", "user": "ml", "database": "orders"}
    with pytest.raises(ConfigError, match=r"told of \(shop, stock\), found 'other'.*databases=.*AMLWRAP_DATABASES"):
        Databases({"stock": "sqlite://", "shop": "sqlite://"}).login("other", **asked)
    with pytest.raises(ConfigError, match="it was told of none"):
        Databases().login("other", **asked)


@pytest.mark.parametrize(
    ("name", "url", "message"),
    [
        ("Shop", "sqlite://", "lower-case letters, digits and hyphens, found 'Shop'"),
        ("shop", "hunter2hunter2", "databases.'shop'.*SQLAlchemy knows"),
        ("shop", "postgresql://ml:hunter2hunter2@db:port/x", "SQLAlchemy knows"),
        ("shop", "nothing://ml:hunter2hunter2@db", "SQLAlchemy knows"),
        ("shop", "sqlite+pysqlcipher://:hunter2hunter2@/x", "the driver of sqlite.pysqlcipher"),
    ],
)
def test_wrong_urls_are_refused_unseen(name: str, url: str, message: str) -> None:
    """At once, and without the secrets that may be in them."""
    with pytest.raises(ConfigError, match=message) as raised:
        Databases({name: url})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("missing", ["sqlalchemy", "psycopg"])
def test_missing_packages_are_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that could not ask is not opened."""
    for module in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(MissingExtraError, match=r"amlwrap\[databases\]"):
        Databases({"shop": "postgresql://db"})


def test_no_databases_need_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that is told of none works without."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    assert "<Databases none>" == repr(Databases({}))
