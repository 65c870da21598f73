"""What can be seen in a picture."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable


def covered(texts: Iterable[Text]) -> list[tuple[str, str]]:
    """The pairs of *texts* that stand upon each other; lines to what they tell of do not count."""
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in texts if text.get_text()]
    return [(one, other) for (one, here), (other, there) in combinations(boxes, 2) if here.overlaps(there)]
