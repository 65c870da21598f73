"""Queries of databases: what they may hold, and where their password never is."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from amlwrap import RDSQuery, RedshiftQuery
from amlwrap.exceptions import DocumentError

PASSWORD = "correct horse battery"


def rds(**changes: Any) -> RDSQuery:
    """A query of RDS that is right but for *changes*."""
    right: dict[str, Any] = {
        "instance": "shop-1",
        "database": "Orders",
        "query": "SELECT 1",
        "user": "ml",
        "password": PASSWORD,
        "resource_role": "resource",
        "service_role": "service",
        "subnet": "subnet-1",
        "security_groups": ["sg-1", "sg-2"],
    }
    return RDSQuery(**right | changes)


def redshift(**changes: Any) -> RedshiftQuery:
    """A query of Redshift that is right but for *changes*."""
    right: dict[str, Any] = {
        "cluster": "shop-1",
        "database": "dev1",
        "query": "SELECT 1",
        "user": "ml",
        "password": PASSWORD,
    }
    return RedshiftQuery(**right | changes)


@pytest.mark.parametrize(
    ("make", "change", "message"),
    [
        (rds, {"instance": ""}, "RDS query at instance: expected 1 to 63 characters, found 0"),
        (rds, {"instance": "Shop"}, "instance: expected lower-case letters, digits and hyphens, found 'Shop'"),
        (rds, {"instance": "shop\n"}, "instance: expected lower-case letters"),
        (rds, {"database": "x" * 65}, "database: expected 1 to 64 characters, found 65"),
        (rds, {"query": ""}, "query: expected 1 to 16,777,216 characters, found 0"),
        (rds, {"query": "x" * 16_777_217}, "query: expected 1 to 16,777,216 characters, found 16,777,217"),
        (rds, {"user": "u" * 129}, "user: expected 1 to 128"),
        (rds, {"user": 7}, "user: expected a string, found 7"),
        (rds, {"resource_role": "r" * 65}, "resource_role: expected 1 to 64"),
        (rds, {"service_role": ""}, "service_role: expected 1 to 64"),
        (rds, {"subnet": "s" * 256}, "subnet: expected 1 to 255"),
        (rds, {"security_groups": ["sg-1", ""]}, r"security_groups\[1\]: expected 1 to 255 characters, found 0"),
        (redshift, {"cluster": "shop_1"}, "Redshift query at cluster: expected lower-case letters, digits and hyphens"),
        (redshift, {"database": "dev-1"}, "database: expected lower-case letters and digits, found 'dev-1'"),
        (redshift, {"database": None}, "database: expected a string, found null"),
    ],
)
def test_what_the_service_would_not_take_is_named(make: Any, change: dict[str, Any], message: str) -> None:
    """Lengths and forms are the API's; the error names the field."""
    with pytest.raises(DocumentError, match=message):
        make(**change)


@pytest.mark.parametrize(("make", "most"), [(rds, 128), (redshift, 64)])
def test_a_wrong_password_is_not_shown(make: Any, most: int) -> None:
    """Only its length is told, or what it is instead of text."""
    for wrong in ("hunter2", "x" * (most + 1)):
        with pytest.raises(DocumentError, match=f"password: expected 8 to {most} characters, found {len(wrong)}") as no:
            make(password=wrong)
        assert wrong not in repr(no.value) + str(no.value)
    with pytest.raises(DocumentError, match="password: expected a string, found int"):
        make(password=87654321)


@pytest.mark.parametrize("make", [rds, redshift])
def test_the_password_is_nowhere_to_be_seen(make: Any) -> None:
    """Not in a representation, not in a pickle; what comes back has none, and can be given one."""
    query = make()
    pickled = pickle.dumps(query)

    assert PASSWORD not in repr(query) + str(query)
    assert PASSWORD.encode() not in pickled
    back = pickle.loads(pickled)
    assert "" == back.password
    assert query != back
    assert query == back.replace(password=PASSWORD)


@pytest.mark.parametrize("make", [rds, redshift])
def test_a_copy_is_the_same_query(make: Any) -> None:
    """A value needs no copy; one in this process keeps its password."""
    query = make()

    assert copy.copy(query) is query
    assert copy.deepcopy([query])[0] is query
    assert make() == query
    assert hash(make()) == hash(query)


def test_a_single_security_group_will_do() -> None:
    """It needs no list around it."""
    assert ("sg-1",) == rds(security_groups="sg-1").security_groups
