"""Pages in somebody's browser get nothing."""

from __future__ import annotations

import json

import pytest

from tests.local.http.conftest import Site

TARGET = "AmazonML_20141212.DescribeMLModels"


def test_a_program_is_answered(site: Site) -> None:
    """It says what it wants, and not where it comes from."""
    answer = site.ask("POST", "/", "{}", X_Amz_Target=TARGET)

    assert (200, {"Results": []}) == (answer.status, json.loads(answer.body))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example:8228"},
        {"Host": ""},
        {"Host": "[::1"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/"), ("PUT", "/s3/staging/planted"), ("OPTIONS", "/")]
)
def test_a_foreign_page_is_refused(site: Site, method: str, path: str, headers: dict[str, str]) -> None:
    """Whether its origin is named or its name was made to point here; nothing is done, and the reason told."""
    answer = site.ask(method, path, "{}", X_Amz_Target=TARGET, **headers)

    assert 403 == answer.status
    assert "AccessDeniedException" == json.loads(answer.body)["__type"]
    assert "access-control-allow-origin" not in answer.headers
    assert not site.file("staging", "planted").exists()


@pytest.mark.parametrize("host", ["localhost:8228", "127.0.0.1", "[::1]:80", "192.168.1.7:8228", "aml.example"])
def test_addresses_and_given_names_are_ours(site: Site, host: str) -> None:
    """Nobody can make an address point elsewhere, and names are those that were given."""
    assert 200 == site.ask("GET", "/", Host=host).status


def test_its_own_page_may_ask(site: Site) -> None:
    """The origin is then the server itself."""
    answer = site.ask("POST", "/", "{}", X_Amz_Target=TARGET, Origin=site.url, Sec_Fetch_Site="same-origin")

    assert 200 == answer.status
