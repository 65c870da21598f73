"""What an engine knows, in one SQLite file: entities, jobs and tags."""

from __future__ import annotations

from amlwrap.local.state.adoption import Adoption, adopt
from amlwrap.local.state.database import Database, StateError, StateUnavailable
from amlwrap.local.state.endpoints import NoRoom, mount, unmount
from amlwrap.local.state.entities import Entities, Entity, Link, NewEntity, ParentUnusable
from amlwrap.local.state.listing import Condition, Cursor, Page, Query, read_page
from amlwrap.local.state.queue import Claim, Queue
from amlwrap.local.state.tags import Tags

__all__ = [
    "Adoption",
    "Claim",
    "Condition",
    "Cursor",
    "Database",
    "Entities",
    "Entity",
    "Link",
    "NewEntity",
    "NoRoom",
    "Page",
    "ParentUnusable",
    "Query",
    "Queue",
    "StateError",
    "StateUnavailable",
    "Tags",
    "adopt",
    "mount",
    "read_page",
    "unmount",
]
