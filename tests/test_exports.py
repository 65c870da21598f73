"""The front door: what it names is there, sorted, and public."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import amlwrap


def public_modules() -> list[str]:
    """All modules a user may import."""
    names = [module.name for module in pkgutil.walk_packages(amlwrap.__path__, "amlwrap.")]
    return [name for name in names if not any(part.startswith("_") for part in name.split("."))]


def test_everything_named_is_there() -> None:
    """Each name is fetched from where it lives, once."""
    for name in amlwrap.__all__:
        assert getattr(amlwrap, name) is getattr(amlwrap, name)


@pytest.mark.parametrize("name", ["documents", "exceptions", "labels", "typing"])
def test_modules_are_fetched_too(name: str) -> None:
    """A submodule nobody has imported yet is one attribute away."""
    assert f"amlwrap.{name}" == amlwrap.__getattr__(name).__name__


def test_names_are_sorted_and_listed() -> None:
    """For people and for completion."""
    assert sorted(amlwrap.__all__) == amlwrap.__all__
    assert set(amlwrap.__all__) <= set(dir(amlwrap))


def test_what_is_not_there_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = amlwrap.colour


def test_the_version_is_the_packages() -> None:
    """Read from the installed metadata."""
    assert amlwrap.__version__[0].isdigit()


@pytest.mark.parametrize("name", amlwrap.__all__)
def test_everything_public_is_documented(name: str) -> None:
    """A first line at least."""
    value = getattr(amlwrap, name)
    assert name == "__version__" or inspect.getdoc(value)


@pytest.mark.parametrize("name", public_modules())
def test_every_module_keeps_its_promise(name: str) -> None:
    """What ``__all__`` names exists, and the module's first line says its idea."""
    module = importlib.import_module(name)

    assert inspect.getdoc(module)
    assert all(hasattr(module, exported) for exported in getattr(module, "__all__", []))
