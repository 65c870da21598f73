from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from amlwrap.documents import TrainingParameters
from amlwrap.exceptions import DocumentError
from tests.strategies import training_parameters

CONSOLE = {
    "sgd.l1RegularizationAmount": "0.0",
    "sgd.l2RegularizationAmount": "1e-6",
    "sgd.maxMLModelSizeInBytes": "104857600",
    "sgd.maxPasses": "10",
    "sgd.shuffleType": "auto",
}


@given(training_parameters())
def test_parse_undoes_to_map(parameters: TrainingParameters) -> None:
    """The map of strings says everything, to the last bit."""
    assert parameters == TrainingParameters.parse(parameters.to_map())


def test_defaults_are_the_consoles() -> None:
    """Without arguments the map is the one a real console model shows."""
    assert CONSOLE == TrainingParameters().to_map()
    assert TrainingParameters() == TrainingParameters.parse({"algorithm": "sgd", **CONSOLE})


def test_api_defaults_are_plainer() -> None:
    """An empty map means the documented defaults of the API."""
    assert TrainingParameters(33_554_432, 10, "none", 0.0, 0.0) == TrainingParameters.parse({})


@pytest.mark.parametrize(
    ("spelling", "amount"), [("1.0E-06", 1e-6), ("1e-4", 1e-4), ("1E-6", 1e-6), ("0.0", 0.0), ("0", 0.0), (".5", 0.5)]
)
def test_number_spellings(spelling: str, amount: float) -> None:
    """Numbers are understood as they are found spelled in the wild."""
    assert amount == TrainingParameters.parse({"sgd.l2RegularizationAmount": spelling}).l2


@pytest.mark.parametrize(
    ("amount", "spelling"), [(0.0, "0.0"), (1e-6, "1e-6"), (1e-10, "1e-10"), (1e16, "1e16"), (0.01, "0.01")]
)
def test_rendered_spellings(amount: float, spelling: str) -> None:
    """Amounts are rendered the service's way, without padded exponents."""
    assert spelling == TrainingParameters(l2=amount).to_map()["sgd.l2RegularizationAmount"]


def test_json_text() -> None:
    """The map is read from its JSON text too."""
    assert 5 == TrainingParameters.parse('{"sgd.maxPasses": "5"}').passes


@pytest.mark.parametrize(
    ("given_value", "expected"), [(True, "auto"), (False, "none"), ("auto", "auto"), ("none", "none")]
)
def test_shuffle(given_value: Any, expected: str) -> None:
    """Shuffling may be said as a truth value."""
    assert expected == TrainingParameters(shuffle=given_value).shuffle


def test_l1_puts_l2_off() -> None:
    """The default L2 gives way to an L1 that was asked for, and only to such a one."""
    assert 0.0 == TrainingParameters(l1=1e-5).l2
    assert 1e-6 == TrainingParameters(l1=0.0).l2


def test_both_regularisations() -> None:
    """L1 and L2 above zero exclude each other; zero counts as not given."""
    assert 1e-6 == TrainingParameters(l1=0.0, l2=1e-6).l2
    with pytest.raises(DocumentError, match=r"at sgd.l2RegularizationAmount: .* found 1e-6 beside .* 1e-5"):
        TrainingParameters(l1=1e-5, l2=1e-6)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sgd.maxMLModelSizeInBytes", "99999"),
        ("sgd.maxMLModelSizeInBytes", "2147483649"),
        ("sgd.maxMLModelSizeInBytes", "1e6"),
        ("sgd.maxPasses", "0"),
        ("sgd.maxPasses", "10001"),
        ("sgd.maxPasses", "-1"),
        ("sgd.maxPasses", "1.5"),
        ("sgd.maxPasses", "１"),  # a digit of another script
        ("sgd.maxPasses", "9" * 5_000),
        ("sgd.maxPasses", True),
        ("sgd.maxPasses", None),
        ("sgd.shuffleType", "always"),
        ("sgd.shuffleType", None),
        ("sgd.l1RegularizationAmount", "-1e-6"),
        ("sgd.l1RegularizationAmount", "nan"),
        ("sgd.l1RegularizationAmount", "inf"),
        ("sgd.l2RegularizationAmount", "1e999"),
        ("sgd.l2RegularizationAmount", 10**400),
        ("sgd.l2RegularizationAmount", "1_0"),
        ("sgd.l2RegularizationAmount", ""),
        ("sgd.l2RegularizationAmount", False),
        ("algorithm", "adagrad"),
    ],
)
def test_values_out_of_range(key: str, value: Any) -> None:
    """A value the service would not take is refused under its key."""
    with pytest.raises(DocumentError) as caught:
        TrainingParameters.parse({key: value})

    assert key == caught.value.path


def test_shuffle_close_match() -> None:
    """A misspelled shuffle type names the right one."""
    wrong: Any = "autoo"
    with pytest.raises(DocumentError, match=r"Did you mean 'auto'\?"):
        TrainingParameters(shuffle=wrong)


def test_unknown_key() -> None:
    """An unknown key names what it may have been meant as."""
    with pytest.raises(DocumentError, match=r"at sgd.maxPasess: .*Did you mean 'sgd.maxPasses'?"):
        TrainingParameters.parse({"sgd.maxPasess": "5"})
