from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlwrap.documents import Rearrangement
from amlwrap.exceptions import DocumentError
from tests.strategies import rearrangements


@given(rearrangements())
def test_parse_undoes_render(rearrangement: Rearrangement) -> None:
    """What is rendered is parsed as what it was."""
    assert rearrangement == Rearrangement.parse(rearrangement.render())


@given(rearrangements())
def test_complement_twice_is_itself(rearrangement: Rearrangement) -> None:
    """The complement differs in nothing else, and its complement is the first again."""
    complemented = rearrangement.complemented()

    assert rearrangement.complement is not complemented.complement
    assert rearrangement == complemented.complemented()


@pytest.mark.parametrize(
    "document",
    [
        {"splitting": {"strategy": "random", "strategyParams": {"randomSeed": "s"}}},
        {"splitting": {"strategy": "random", "randomSeed": "s"}},
        {"splitting": {"strategy": "random"}, "randomSeed": "s"},
        {"splitting": {"strategy": "random", "strategyParams": {"randomSeed": "s"}}, "randomSeed": "s"},
    ],
)
def test_seed_placements(document: dict[str, Any]) -> None:
    """The seed is found in each of the places where real documents have it."""
    assert Rearrangement(strategy="random", seed="s") == Rearrangement.parse(document)


def test_seed_is_rendered_where_the_guide_has_it() -> None:
    """The seed goes into strategyParams, and is named for every random strategy."""
    rendered = json.loads(Rearrangement(0, 70, "random").render())

    assert {"randomSeed": ""} == rendered["splitting"]["strategyParams"]
    assert "strategyParams" not in Rearrangement(0, 70).render()


def test_seed_as_a_number() -> None:
    """A seed that is a number is its digits."""
    assert "2017" == Rearrangement.parse({"splitting": {}, "randomSeed": 2017}).seed
    assert Rearrangement(0, 30, "random", "2017") == Rearrangement(0, 30, "random", 2017)


def test_what_is_written_down_is_what_is_meant() -> None:
    """Built by hand or read from a document, a rearrangement takes the same."""
    odd: Any = "false"

    assert Rearrangement(0, 30) == Rearrangement(0, 30, complement=odd)


@pytest.mark.parametrize("wrong", [{"seed": 1.5}, {"seed": b"s"}, {"complement": 1}, {"complement": "no"}])
def test_a_part_that_is_none_of_its_kind(wrong: dict[str, Any]) -> None:
    """Is refused where it is given, and not only by the service."""
    with pytest.raises(DocumentError, match=r"at splitting\.(strategyParams\.randomSeed|complement): expected"):
        Rearrangement(0, 30, "random", **wrong)


@pytest.mark.parametrize("document", [{}, {"splitting": {}}, {"splitting": {"percentBegin": None, "strategy": None}}])
def test_absent_is_everything(document: dict[str, Any]) -> None:
    """What is absent or null has its default: all the data, in order."""
    assert Rearrangement() == Rearrangement.parse(document)


@pytest.mark.parametrize(
    ("given_value", "expected"), [(True, True), ("true", True), ("false", False), ("False", False)]
)
def test_complement_as_string(given_value: bool | str, expected: bool) -> None:
    """The complement is understood as a truth value and as a string."""
    assert expected is Rearrangement.parse({"splitting": {"complement": given_value}}).complement


def test_a_whole_number_may_have_a_point() -> None:
    """JSON does not tell 70.0 from 70."""
    assert Rearrangement(0, 70) == Rearrangement.parse('{"splitting": {"percentBegin": 0.0, "percentEnd": 70.0}}')


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"splitting": {"percentBegin": 70, "percentEnd": 30}},
            r"splitting.percentEnd: expected percentBegin \(70\) or",
        ),
        (
            {"splitting": {"percentBegin": -1}},
            "splitting.percentBegin: expected a whole number from 0 to 100, found -1",
        ),
        ({"splitting": {"percentEnd": 101}}, "splitting.percentEnd: .* found 101"),
        ({"splitting": {"percentEnd": 70.5}}, "splitting.percentEnd: .* found 70.5"),
        ({"splitting": {"percentEnd": "70"}}, "splitting.percentEnd: .* found '70'"),
        ({"splitting": {"percentEnd": True}}, "splitting.percentEnd: .* found true"),
        ({"splitting": {"percentStart": 1}}, "splitting.percentStart: .*unknown key"),
        ({"splitting": {"strategy": "randm"}}, "splitting.strategy: .*Did you mean 'random'?"),
        ({"splitting": {"strategy": 1}}, "splitting.strategy: .* found 1"),
        ({"splitting": {"complement": "yes"}}, "splitting.complement: expected true or false, found 'yes'"),
        ({"splitting": {"strategyParams": []}}, "splitting.strategyParams: expected an object, found a list of 0"),
        ({"splitting": {"strategyParams": {"seed": "1"}}}, "splitting.strategyParams.seed: .*unknown key"),
        ({"splitting": {"randomSeed": [1]}}, "splitting.randomSeed: expected a string, found a list of 1"),
        ({"splitting": {"randomSeed": "a"}, "randomSeed": "b"}, "at randomSeed: expected 'a', as splitting.randomSeed"),
        ({"spliting": {}}, "at spliting: .*Did you mean 'splitting'?"),
    ],
)
def test_faults_are_placed(document: dict[str, Any], message: str) -> None:
    """A fault is told with its path, what was expected and what was found."""
    with pytest.raises(DocumentError, match=message):
        Rearrangement.parse(document)


class TestSplit:
    @given(st.integers(1, 99), st.none() | st.integers())
    def test_parts_are_complements(self, percent: int, seed: int | None) -> None:
        """Fraction and percent say the same, and the parts differ in the complement alone."""
        train, test = Rearrangement.split(percent / 100, seed=seed)

        assert (train, test) == Rearrangement.split(percent, seed=seed)
        assert (0, percent, False) == (train.percent_begin, train.percent_end, train.complement)
        assert train.complemented() == test

    def test_seed_makes_it_random(self) -> None:
        """A seed, even zero, draws at random; none cuts by place."""
        assert ("random", "0") == (
            Rearrangement.split(0.5, seed=0)[0].strategy,
            Rearrangement.split(0.5, seed=0)[0].seed,
        )
        assert ("sequential", "") == (Rearrangement.split(0.5)[0].strategy, Rearrangement.split(0.5)[0].seed)

    @pytest.mark.parametrize("share", [0, 1.0, 0.0, -0.5, 100, True, "0.7", float("nan")])
    def test_share_out_of_range(self, share: Any) -> None:
        """A share that leaves a part empty, or is none, is refused."""
        with pytest.raises(DocumentError, match="at share: expected a fraction between 0 and 1, or a whole number"):
            Rearrangement.split(share)

    @pytest.mark.parametrize(("share", "nearest"), [(0.705, "0.7"), (1 / 3, "0.33"), (0.001, "0.01"), (0.999, "0.99")])
    def test_share_that_is_no_whole_percent(self, share: float, nearest: str) -> None:
        """The nearest share that the service can cut is named."""
        with pytest.raises(DocumentError, match=f"a whole percent.*The nearest is {nearest}"):
            Rearrangement.split(share)


@given(st.integers(2, 100), st.none() | st.integers())
def test_folds_cover_everything_once(k: int, seed: int | None) -> None:
    """For every number of folds the seconds are whole per cents from 0 to 100 without gap, and none is empty."""
    folds = Rearrangement.folds(k, seed)

    assert k == len(folds)
    assert [*range(100)] == [at for _, test in folds for at in range(test.percent_begin, test.percent_end)]
    assert all(test.percent_begin < test.percent_end for _, test in folds)
    assert all(train == test.complemented() and not test.complement for train, test in folds)


@pytest.mark.parametrize("k", [1, 101, 2.5, "many"])
def test_folds_that_cannot_be_are_refused(k: Any) -> None:
    """One is no fold, and there are only a hundred per cents."""
    with pytest.raises(DocumentError, match="a whole number from 2 to 100"):
        Rearrangement.folds(k)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 3_000))
def test_byte_ranges_part_the_bytes(one: int, other: int, n_bytes: int) -> None:
    """A slice's and its complement's ranges hold every byte once, by the rule that a share of all bytes decides."""
    part = Rearrangement(min(one, other), max(one, other))
    mine = {at for low, high in part.byte_ranges(n_bytes) for at in range(low, high)}
    others = {at for low, high in part.complemented().byte_ranges(n_bytes) for at in range(low, high)}

    begin, end = part.percent_begin, part.percent_end
    assert {at for at in range(n_bytes) if begin * n_bytes <= at * 100 < end * n_bytes} == mine
    assert set(range(n_bytes)) == mine | others
    assert not mine & others
