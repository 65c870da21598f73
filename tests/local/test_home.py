from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from amlwrap.exceptions import ConfigError
from amlwrap.local.home import Home
from amlwrap.local.kinds import Kind
from amlwrap.local.liveness import Liveness

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A new home."""
    home = Home(tmp_path / "home", owner="me")
    home.create()
    return home


def test_a_published_folder_is_whole(home: Home) -> None:
    """Nothing is to be seen before the block ends, and everything after."""
    target = home.model("ml-1")

    with home.publish(target) as folder:
        (folder / "weights.npz").write_bytes(b"1")
        assert not target.exists()

    assert b"1" == (target / "weights.npz").read_bytes()
    assert [target] == list(home.models.iterdir())


def test_publishing_again_replaces(home: Home) -> None:
    """A job that runs again puts its artefact in the place of the first."""
    for n in (b"1", b"2"):
        with home.publish(home.model("ml-1")) as folder:
            (folder / n.decode()).write_bytes(n)

    assert ["2"] == [path.name for path in home.model("ml-1").iterdir()]
    assert 1 == len(list(home.models.iterdir()))


def test_a_failing_block_leaves_what_was_there(home: Home) -> None:
    """A stage that raises half-way publishes nothing and removes nothing."""
    with home.publish(home.model("ml-1")) as folder:
        (folder / "old").touch()

    def broken() -> None:
        with home.publish(home.model("ml-1")) as folder:
            (folder / "new").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()

    assert ["old"] == [path.name for path in home.model("ml-1").iterdir()]
    assert 1 == len(list(home.models.iterdir()))


@pytest.mark.parametrize("id", ["..", ".", ".hidden", "a.b", "ml-1"])
def test_any_id_has_a_folder_of_its_own_inside(home: Home, id: str) -> None:
    """Ids of dots lead neither out of the folder nor into hidden files."""
    for path in (home.model(id), home.datasource_statistics(id), home.log(Kind.MODEL, id)):
        assert path.resolve().is_relative_to(home.root.resolve())
        assert path.parent.resolve() in {home.models.resolve(), home.statistics.resolve(), home.logs.resolve()}
        assert not path.name.startswith(".")


def test_what_the_dead_left_half_written_is_swept(home: Home) -> None:
    """Temporary folders of engines that are no more go; a living engine's stay."""
    for owner in ("dead", "alive"):
        (home.models / f".ml.1.{owner}.abcd.tmp").mkdir()

    home.sweep(lambda owner: owner == "alive")

    assert [".ml.1.alive.abcd.tmp"] == [path.name for path in home.models.iterdir()]


def test_discarding_what_is_not_there_is_nothing(home: Home) -> None:
    """Only models and datasources leave artefacts, and perhaps not even they."""
    for kind in Kind:
        home.discard_artefacts(kind, "x")

    assert [] == list(home.models.iterdir())


def test_a_place_that_is_taken_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is an error that names it."""
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="file"):
        Home(tmp_path / "file").create()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_place_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    """A folder without the right to write is an error at once."""
    home = Home(tmp_path / "home")
    home.create()
    home.root.chmod(0o500)

    with pytest.raises(ConfigError, match="no right to write"):
        home.create()


def test_an_engine_is_alive_until_its_lock_goes(home: Home) -> None:
    """A held lock means alive; a closed or unknown one does not."""
    mine, other = Liveness(home.locks, "me"), Liveness(home.locks, "other")

    assert mine.is_alive("me")
    assert mine.is_alive("other")
    assert not mine.is_alone()
    other.close()
    assert mine.is_alone()
    assert not mine.is_alive("other")
    assert not mine.is_alive("never")
    mine.close()


def test_a_lock_left_by_a_killed_process_counts_as_dead(home: Home) -> None:
    """A lock file that nobody holds is taken away."""
    (home.locks / "killed.lock").touch()
    mine = Liveness(home.locks, "me")

    assert mine.is_alone()
    assert not mine.is_alive("killed")
    assert not (home.locks / "killed.lock").exists()
    mine.close()
