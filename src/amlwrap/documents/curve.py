"""What a binary model's scores would be worth at every threshold, and the choice of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from amlwrap.exceptions import ConfigError

__all__ = ["Curve"]

_RIVALS = {"precision": "recall", "recall": "precision", "accuracy": "accuracy", "false_positive_rate": "recall"}


@attrs.frozen
class Curve:
    """
    What a binary model's scores would be worth at every threshold; a record counts as 1 when its score reaches it.

    Attributes:
        thresholds: Ascending.
        true_positives: Per threshold, records that are 1 and score at least that much.
        false_positives: Per threshold, records that are 0 and score at least that much.
        positives: Records that are 1.
        negatives: Records that are 0.

    >>> curve = Curve((0.2, 0.6, 0.9), (2, 2, 1), (2, 1, 0), 2, 2)
    >>> curve.choose(precision=0.6), curve.choose(recall=1.0), curve.choose(accuracy=0.7)
    (0.6, 0.6, 0.9)
    """

    thresholds: tuple[float, ...]
    true_positives: tuple[int, ...]
    false_positives: tuple[int, ...]
    positives: int
    negatives: int

    @classmethod
    def of(cls, points: Mapping[str, Any]) -> Curve:
        """A curve from its points in any order."""
        columns: list[Sequence[Any]] = [points["thresholds"], points["true_positives"], points["false_positives"]]
        ordered = sorted(zip(*columns, strict=True))
        thresholds, true_positives, false_positives = zip(*ordered, strict=True) if ordered else ((), (), ())
        return cls(thresholds, true_positives, false_positives, points["positives"], points["negatives"])

    def measures(self, place: int) -> dict[str, float]:
        """Precision, recall, accuracy and false positive rate at the threshold in that *place*."""
        tp, fp = self.true_positives[place], self.false_positives[place]
        return {
            "precision": _ratio(tp, tp + fp),
            "recall": _ratio(tp, self.positives),
            "accuracy": _ratio(tp + self.negatives - fp, self.positives + self.negatives),
            "false_positive_rate": _ratio(fp, self.negatives),
        }

    def choose(self, **target: float | None) -> float:
        """
        The threshold that meets one *target* and gives up the least for it.

        Args:
            target: One of ``precision`` (at least; the most recall wins), ``recall`` (at least; the most precision),
                ``accuracy`` (at least; the most accuracy) and ``false_positive_rate`` (at most; the most recall).
                Of equal ones the higher threshold wins.

        Raises:
            ConfigError: Not exactly one target, or no threshold meets it.
        """
        asked = {name: value for name, value in target.items() if value is not None}
        if len(asked) != 1:
            raise ConfigError("threshold target", ", ".join(asked) or "none", f"one of {', '.join(_RIVALS)}")
        ((name, value),) = asked.items()
        table = [(self.measures(place), threshold) for place, threshold in enumerate(self.thresholds)]
        lower_is_better = name == "false_positive_rate"
        met = [row for row in table if (row[0][name] <= value if lower_is_better else row[0][name] >= value)]
        if not met:
            values = [measures[name] for measures, _ in table] or [float("nan")]
            best = min(values) if lower_is_better else max(values)
            raise ConfigError(name, f"{value}", f"a value some threshold reaches; the best is {best:.4f}")
        return max(met, key=lambda row: (row[0][_RIVALS[name]], row[1]))[1]


def _ratio(part: int, whole: int) -> float:
    """A share; of nothing it is 0, so a threshold nothing reaches never wins by precision."""
    return part / whole if whole else 0.0
