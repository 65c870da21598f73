"""Tags on entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amlwrap.local.faults import InvalidInput, InvalidTag, TagLimitExceeded
from amlwrap.local.kinds import Kind, Status
from amlwrap.local.limits import how_to_lift
from amlwrap.local.service.context import found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amlwrap.local.service.context import Context
    from amlwrap.local.state import Entity

__all__ = ["add_tags", "delete_tags", "describe_tags"]

_KINDS = {kind.service_name: kind for kind in Kind}


def add_tags(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``AddTags``: a key that is there gets the new value."""
    tags: dict[str, str | None] = {}
    for tag in request["Tags"]:
        key = _checked_key(tag)
        if key in tags:
            raise InvalidTag(f"Tags: the key {key!r} is given twice.")
        tags[key] = tag.get("Value")
    entity = _resource(context, request)
    if entity.status == Status.DELETED:
        raise InvalidInput(f"{entity.kind.service_name} {entity.id!r} is DELETED and cannot be tagged.")
    if not context.tags.add(entity.seq, tags, context.limits.tags):
        carried = f"{entity.kind.service_name} {entity.id!r} would carry more than {context.limits.tags} tags."
        raise TagLimitExceeded(f"{carried} {how_to_lift('tags')}")
    return _echo(request)


def delete_tags(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``DeleteTags``: keys that are not there are passed over."""
    context.tags.delete(_resource(context, request).seq, request["TagKeys"])
    return _echo(request)


def describe_tags(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """``DescribeTags``."""
    tags = context.tags.of(_resource(context, request).seq)
    return {**_echo(request), "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _checked_key(tag: Mapping[str, Any]) -> str:
    key: str | None = tag.get("Key")
    if key is None:
        raise InvalidTag("Tags: a tag without Key.")
    if key.startswith("aws:"):
        raise InvalidTag(f"Tags: expected a key that does not begin with 'aws:', found {key!r}.")
    return key


def _resource(context: Context, request: Mapping[str, Any]) -> Entity:
    return found(context, _KINDS[request["ResourceType"]], request["ResourceId"])


def _echo(request: Mapping[str, Any]) -> dict[str, Any]:
    return {"ResourceId": request["ResourceId"], "ResourceType": request["ResourceType"]}
