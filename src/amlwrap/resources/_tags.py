"""Tags: a few words on a resource, as a mapping that asks the service each time it is read."""

from __future__ import annotations

import unicodedata
from collections.abc import ItemsView, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import TYPE_CHECKING, Any

from amlwrap import _wire
from amlwrap.exceptions import AmlwrapError, ConfigError

if TYPE_CHECKING:
    from amlwrap._wire import Kind
    from amlwrap.resources._entity import Entity
    from amlwrap.resources._world import World

__all__ = ["Tags", "checked_tags", "drop_tags", "put_tags", "read_tags"]

_MOST_PER_CALL = 100
_MOST_SHOWN = 60


class Tags(MutableMapping[str, str]):
    """
    The tags of a resource, live: each read asks the service, once, and each write tells it.

    ``dict(tags)``, ``tags.items()``, a lookup and a comparison cost a call each. To Python, and so to us, keys that are
    asked for and then looked up in their order are one read; nothing else is remembered, so nothing else can be stale.

    >>> import amlwrap
    >>> with amlwrap.connect("local:") as aml:
    ...     data = aml.datasources.create([{"age": 31, "y": 1}], target="y", tags={"team": "shop"})
    ...     data.tags["stage"] = "test"
    ...     print(data.tags)
    ...     del data.tags["team"]
    ...     print(data.tags)
    Tags({'stage': 'test', 'team': 'shop'})
    Tags({'stage': 'test'})
    """

    def __init__(self, owner: Entity) -> None:
        self._owner = owner
        self._reading = _Reading({})

    def __getitem__(self, key: str) -> str:
        value = self._reading.value(key)
        return self._read()[key] if value is None else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._begin(counted=True))

    def __len__(self) -> int:
        length = self._reading.length()
        return len(self._read()) if length is None else length

    def __contains__(self, key: object) -> bool:
        return key in self._read()

    def keys(self) -> KeysView[str]:
        """The keys as they are now: one call."""
        return self._begin().keys()

    def values(self) -> ValuesView[str]:
        """The values as they are now: one call."""
        return self._read().values()

    def items(self) -> ItemsView[str, str]:
        """Keys with values as they are now: one call."""
        return self._read().items()

    def __setitem__(self, key: str, value: str) -> None:
        self.update({key: value})

    def update(self, *others: Any, **named: str) -> None:
        """
        Put on many tags with one call (up to a hundred); a key that is there gets the new value.

        Raises:
            ConfigError: A key or a value cannot be a tag's; nothing was sent.
        """
        self._reading = _Reading({})
        put_tags(self._owner._connection, self._owner._kind, self._owner.id, dict(*others, **named))

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def pop(self, key: str, *default: Any) -> Any:
        """
        Take a tag off; its value, or *default* if there was none.

        Raises:
            KeyError: There was none, and there is no *default*.
        """
        found = self._read()
        if key not in found:
            return found.pop(key, *default)
        self._drop([key])
        return found[key]

    def popitem(self) -> tuple[str, str]:
        """
        Take off one tag, whichever.

        Raises:
            KeyError: There is none.
        """
        found = self._read()
        key, value = found.popitem()
        self._drop([key])
        return key, value

    def clear(self) -> None:
        """Take off all tags."""
        self._drop(list(self._read()))

    def __repr__(self) -> str:
        try:
            return f"Tags({self._read()!r})"
        except AmlwrapError as error:
            return f"<Tags of {self._owner._kind.noun} {self._owner.id!r}: {error}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Tags, (self._owner,)

    def _begin(self, *, counted: bool = False) -> dict[str, str]:
        found = self._read()
        self._reading = _Reading(found, counted=counted)
        return found

    def _read(self) -> dict[str, str]:
        self._reading = _Reading({})
        return read_tags(self._owner._connection, self._owner._kind, self._owner.id)

    def _drop(self, keys: list[str]) -> None:
        drop_tags(self._owner._connection, self._owner._kind, self._owner.id, keys)


class _Reading:
    """
    One reading on its way into a dict or a list.

    To make a dict of a mapping, Python asks for its keys and then for the value of each; to make a list, for an
    iterator and then for the length. To the caller this is one read. So what is asked for next, in just this order,
    belongs to the reading; anything else ends it.
    """

    def __init__(self, found: Mapping[str, str], *, counted: bool = False) -> None:
        self._items = iter(tuple(found.items()))
        self._length = len(found) if counted else None

    def value(self, key: str) -> str | None:
        """The value of *key*, if it is the next of the keys."""
        self._length = None
        expected, value = next(self._items, (None, None))
        return value if key == expected else None

    def length(self) -> int | None:
        """How many tags there are, right after an iterator was asked for."""
        length, self._length = self._length, None
        return length


def read_tags(world: World, kind: Kind, id: str) -> dict[str, str]:
    """The tags a resource carries now: one call."""
    return _wire.tags_of(world.calls.call("DescribeTags", **_wire.tags(kind, id)))


def put_tags(world: World, kind: Kind, id: str, tags: Mapping[str, str]) -> None:
    """Put *tags* on a resource; doing so again changes nothing."""
    items = list(checked_tags(tags).items())
    for start in range(0, len(items), _MOST_PER_CALL):
        some = dict(items[start : start + _MOST_PER_CALL])
        world.calls.call("AddTags", **_wire.add_tags(kind, id, some))


def drop_tags(world: World, kind: Kind, id: str, keys: list[str]) -> None:
    """Take the tags called *keys* off a resource, those that are there."""
    for start in range(0, len(keys), _MOST_PER_CALL):
        world.calls.call("DeleteTags", **_wire.delete_tags(kind, id, keys[start : start + _MOST_PER_CALL]))


def checked_tags(tags: Mapping[str, str] | None) -> Mapping[str, str]:
    """
    *tags*, none for ``None``, if the service can take them.

    Raises:
        ConfigError: It cannot: length, characters, or the prefix that belongs to AWS.

    >>> checked_tags({"stage": "production"})
    {'stage': 'production'}
    >>> checked_tags({"aws:stage": ""})
    Traceback (most recent call last):
    ...
    amlwrap.exceptions.ConfigError: tag: expected a key that does not begin with 'aws:', found 'aws:stage'.
    """
    given: Mapping[Any, Any] = tags or {}
    if not hasattr(given, "items"):
        raise ConfigError("tags", type(given).__name__, "a mapping of keys to values")
    for key, value in given.items():
        _check("tag", key, 1, 128)
        _check(f"tag {key!r}", value, 0, 256)
        if key.startswith("aws:"):
            raise ConfigError("tag", repr(key), "a key that does not begin with 'aws:'")
    return given


def _check(setting: str, text: object, shortest: int, longest: int) -> None:
    if isinstance(text, str) and shortest <= len(text) <= longest and all(map(_is_allowed, text)):
        return
    found = repr(text)
    expected = f"{shortest} to {longest} letters, digits, blanks or _ . : / = + - @"
    raise ConfigError(setting, found if len(found) <= _MOST_SHOWN else f"{found[:_MOST_SHOWN]}…", expected)


def _is_allowed(character: str) -> bool:
    return character in "_.:/=+-@" or unicodedata.category(character)[0] in "LNZ"
