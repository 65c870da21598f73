"""The client: four collections, a description, an end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from amlwrap import Client, exceptions
from amlwrap._settings import Setting, Settings, resolve
from amlwrap.resources._world import random_suffix
from tests.scripted import Script, client_on


@pytest.fixture
def aml() -> Client:
    """A client whose service knows one model."""
    return client_on(Script(GetMLModel={"MLModelId": "ml-1"}))


def test_collections_are_kept(aml: Client) -> None:
    """Asking twice gives the same one."""
    assert aml.models is aml.models
    assert aml.datasources is aml.datasources
    assert aml.evaluations is aml.evaluations
    assert aml.batch_predictions is aml.batch_predictions


def test_closing_ends_it(aml: Client) -> None:
    """A closed client refuses, plainly; closing again does no harm."""
    with aml:
        assert "ml-1" == aml.models.get("ml-1").id

    aml.close()
    with pytest.raises(exceptions.ConfigError, match="Connect again"):
        aml.models.get("ml-1")


def test_threads_share_one_client() -> None:
    """However many ask first, one boto3 client is made."""
    script = Script(GetMLModel={"MLModelId": "ml-1"})
    aml = client_on(script)
    together = threading.Barrier(8)

    def ask(_: int) -> tuple[str, int]:
        together.wait(timeout=10)
        return aml.models.get("ml-1").id, id(aml.boto)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert 1 == len(set(answers))
    assert 8 == len(script.calls)


def test_settings_are_a_mapping_and_a_table() -> None:
    """Names to values and sources; printed, a line each."""
    settings = Settings({"target": Setting("AWS", "default"), "region": Setting(None, "default")})

    assert ["target", "region"] == list(settings)
    assert ("AWS", 2) == (settings["target"].value, len(settings))
    assert "target  AWS  default\nregion  -    default" == str(settings) == repr(settings)


def test_an_empty_variable_is_no_setting() -> None:
    """As with AWS's own variables."""
    assert Setting(None, "default") == resolve(None, ("A", "B"), environment={"A": "", "C": "x"})
    assert Setting("b", "environment variable B") == resolve(None, ("A", "B"), environment={"A": "", "B": "b"})


def test_new_ids_end_as_the_consoles() -> None:
    """Eleven letters and digits, never the same."""
    suffixes = {random_suffix() for _ in range(100)}

    assert 100 == len(suffixes)
    assert all(len(suffix) == 11 and suffix.isascii() and suffix.isalnum() for suffix in suffixes)
