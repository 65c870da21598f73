"""Examples to learn from: the records that have a target, block by block, gone through as often as is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from amlwrap.documents.schema import Schema
    from amlwrap.local.features.evaluation import Rows
    from amlwrap.local.pipeline.source import Blocks
    from amlwrap.local.pipeline.targets import TargetFacts


@attrs.frozen(eq=False)
class Examples:
    """
    Training rows with their targets.

    Attributes:
        blocks: Of the datasource; read anew by each who goes through them.
        schema: Its schema.
        facts: Of its target.
    """

    blocks: Blocks
    schema: Schema
    facts: TargetFacts

    def __iter__(self) -> Iterator[tuple[Rows, NDArray[Any]]]:
        """Columns of some rows, and what a learner is to aim at in each: a class by its number, or a number."""
        for block in self.blocks:
            found = self.facts.of(block.columns[self.schema.target or ""])
            if not len(found.rows):
                continue
            chosen = slice(None) if len(found.rows) == block.n_rows else found.rows
            rows = {attribute.name: block.columns[attribute.name].take(chosen) for attribute in self.schema.inputs}
            yield rows, found.values if self.facts.classes else (found.values - self.facts.mean) / self.facts.deviation

    @property
    def is_whole(self) -> bool:
        """Whether all rows come at once."""
        return self.blocks.is_whole

    def rows(self) -> Iterator[Rows]:
        """The columns alone."""
        return (rows for rows, _ in self)
