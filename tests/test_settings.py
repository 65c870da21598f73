"""Settings of the engine: what they may be, where they come from, and where they are refused."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

import amlwrap
from amlwrap import exceptions
from amlwrap._settings import memory_budget, n_bytes, named_limits
from amlwrap.local import Limits, open_engine


@pytest.mark.parametrize(
    ("given", "size"),
    [(7, 7), ("1", 1), ("100 kB", 100_000), ("256MB", 256_000_000), ("1.5 GiB", 1_610_612_736), ("2g", 2 * 10**9)],
)
def test_sizes_are_numbers_or_words(given: Any, size: int) -> None:
    """Decimal and binary units, with or without their B."""
    assert size == n_bytes("memory", given)


@pytest.mark.parametrize("given", ["", "much", "-1", "0 B", 0, True, 1.5, "1 PB", "1e9", None])
def test_what_is_no_size_is_refused(given: Any) -> None:
    """With what a size looks like."""
    with pytest.raises(exceptions.ConfigError, match='memory: expected a number of bytes, or a text such as "256 MB"'):
        n_bytes("memory", given)


def test_memory_says_where_it_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument before environment before default; too little is refused."""
    assert (None, "default") == (memory_budget(None)[0], memory_budget(None)[1].source)
    monkeypatch.setenv("AMLWRAP_MEMORY", "128 MiB")
    with amlwrap.connect("local:") as aml:
        assert ("128 MiB", "environment variable AMLWRAP_MEMORY") == _said(aml, "memory")
    with amlwrap.connect("local:", memory="256 MB") as aml:
        assert ("256 MB", "argument") == _said(aml, "memory")
    with pytest.raises(exceptions.ConfigError, match="memory: expected at least 64 MB, found 1 MB"):
        amlwrap.connect("local:", memory="1 MB")


def test_limits_say_where_they_came_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument before environment before the service's."""
    with amlwrap.connect("local:") as aml:
        assert (None, "default") == _said(aml, "limits")
    monkeypatch.setenv("AMLWRAP_LIMITS", "classes=500, tags=none")
    with amlwrap.connect("local:") as aml:
        assert ("classes=500, tags=none", "environment variable AMLWRAP_LIMITS") == _said(aml, "limits")
    with amlwrap.connect("local:", limits={"tags": None, "rejected_share": 0.5}) as aml:
        assert ("tags=none, rejected_share=0.5", "argument") == _said(aml, "limits")


def test_a_connection_that_is_unpickled_has_the_same_limits(tmp_path: Path) -> None:
    """Limits and memory are part of how a client was made."""
    with amlwrap.connect(f"local:{tmp_path}", limits={"tags": 1}, memory="64 MB") as aml:
        copy = pickle.dumps(aml)
    with pickle.loads(copy) as again:
        assert ("tags=1", "argument") == _said(again, "limits")
        assert ("64 MB", "argument") == _said(again, "memory")


@pytest.mark.parametrize("value", ["classes", "classes=", "=5", "tags=1,=2"])
def test_words_of_another_form_are_refused(value: str) -> None:
    """The environment's words have a form."""
    with pytest.raises(exceptions.ConfigError, match="AMLWRAP_LIMITS: expected NAME=NUMBER or NAME=none"):
        named_limits(None, environment={"AMLWRAP_LIMITS": value})


@pytest.mark.parametrize("setting", [{"limits": {"tags": 1}}, {"memory": "1 GB"}])
@pytest.mark.parametrize("target", ["http://127.0.0.1:1", None, object()])
def test_only_an_engine_takes_them(target: Any, setting: dict[str, Any]) -> None:
    """AWS and servers are told nothing; whoever tries is told where it is said."""
    with pytest.raises(exceptions.ConfigError, match=r"the embedded engine.*amlwrap serve"):
        amlwrap.connect(target, **setting)
    with pytest.raises(exceptions.ConfigError, match=r"the embedded engine.*amlwrap serve"):
        amlwrap.boto3_client(target, **setting)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"classes": "500"}, {"classes": 500}),
        ({"classes": "1,500"}, {"classes": 1500}),
        ({"tags": "none", "classes": None}, {"tags": None, "classes": None}),
        ({"record_bytes": "1 MB"}, {"record_bytes": 1_000_000}),
        ({"rejected_share": "0.5"}, {"rejected_share": 0.5}),
    ],
)
def test_limits_are_numbers_or_none(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """As numbers or as the words that an environment holds."""
    assert Limits(**expected) == Limits.of(given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"clases": 1}, "limits: expected names among record_bytes, .*Did you mean 'classes'"),
        ({"tags": 0}, r"limits\['tags'\]: expected a whole number above 0, or none, found 0"),
        ({"tags": "many"}, "found 'many'"),
        ({"tags": 1.5}, "a whole number"),
        ({"rejected_share": "nan"}, "a number above 0"),
        ({"record_bytes": "1 stone"}, "a number of bytes"),
    ],
)
def test_a_limit_that_can_not_be_is_refused(given: dict[str, Any], told: str) -> None:
    """With its name, or the name that was meant."""
    with pytest.raises(exceptions.ConfigError, match=told):
        amlwrap.connect("local:", limits=given)


def test_memory_reaches_the_stages(tmp_path: Path) -> None:
    """Of the engine however it was started."""
    with open_engine(tmp_path, workers=0, memory="256 MB", limits=Limits(jobs=1)) as engine:
        assert (256_000_000, 1) == (engine._jobs._memory, engine._jobs._limits.jobs)


def _said(aml: amlwrap.Client, name: str) -> tuple[str | None, str]:
    setting = aml.describe()[name]
    return setting.value, setting.source
