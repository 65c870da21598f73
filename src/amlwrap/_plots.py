"""Pictures, drawn by matplotlib when somebody asks for one; nothing touches pyplot or its global state."""

from __future__ import annotations

import math
import os
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, cast

from amlwrap.exceptions import DataError, MissingExtraError
from amlwrap.objects._files import replacing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from amlwrap.documents.training_log import LearnerReport
    from amlwrap.documents.training_story import TrainingLog
    from amlwrap.labels.confusion import ClassScores, ConfusionMatrix

_INK, _MUTED, _RULE = "#1b2733", "#66727f", "#c9d1d9"
_BEST, _OTHER = "#1f63a8", "#9aa5b1"
_ASIDE = 9
"""Points from the end of a line to its label."""
_MOST_TICKS = 6
_DPI = 160
_NAME_WIDTH = 14
_PAD = 0.15
_CELL, _LEAST_WIDTH = 0.58, 3.9
"""Inches: of a class in a confusion matrix, and of what its headline needs."""
_MARGINS = 2.5, 0.6
"""How many cells wide and high the figures beside and below a confusion matrix are."""


def draw_confusion(
    confusion: ConfusionMatrix, target: str | os.PathLike[str] | Axes | None, max_classes: int
) -> Figure:
    """
    Draw *confusion* into a file, onto axes or as a new figure.

    Right shares are blue. Wrong ones are orange and shaded by their square root, so that small ones show.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: The file cannot be written.
    """
    new = _figures("Drawing a confusion matrix")
    table, scores = confusion.folded(max_classes)
    if target is not None and not isinstance(target, str | os.PathLike):
        _draw(target, confusion, table, scores)
        owner: Any = target.figure
        return cast("Figure", owner.figure)  # of axes in a sub-figure, the figure around it
    columns, rows = len(scores) + _MARGINS[0], len(scores) + _MARGINS[1]
    cell = max(_CELL, _LEAST_WIDTH / columns)
    figure = new(columns * cell + 1.6, rows * cell + 1.6)
    _draw(figure.subplots(), confusion, table, scores)
    _fit(figure, columns * cell, rows * cell)
    if target is not None:
        _save(figure, Path(target))
    return cast("Figure", figure)


def draw_learners(log: TrainingLog, target: str | os.PathLike[str] | Axes | None) -> Figure:
    """
    Draw the likelihood of each learner by its updates into a file, onto axes or as a new figure.

    The learner that was kept is blue, the others are grey and end in a cross where they retired.

    Raises:
        MissingExtraError: matplotlib is not installed.
        DataError: The file cannot be written.
    """
    new = _figures("Drawing a training log")
    if target is not None and not isinstance(target, str | os.PathLike):
        _draw_learners(target, log)
        owner: Any = target.figure
        return cast("Figure", owner.figure)
    figure = new(6.4, 4.0)
    _draw_learners(figure.subplots(), log)
    if target is not None:
        _save(figure, Path(target))
    return cast("Figure", figure)


def _figures(feature: str) -> Callable[[float, float], Any]:
    """What makes an empty figure of some inches, for a *feature* that needs one."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(feature, "plot") from error

    def new(width: float, height: float) -> Any:
        figure: Any = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        figure.get_layout_engine().set(w_pad=_PAD, h_pad=_PAD)
        FigureCanvasAgg(figure)
        return figure

    return new


def _fit(figure: Any, width: float, height: float) -> None:
    """Make *figure* as large as its axes of some inches and the words around them, whose size is their own."""
    (axes,) = figure.axes
    axes.set_anchor("NW")
    for _ in range(2):  # how far a headline reaches beyond the axes shows when these have their size
        figure.draw_without_rendering()
        inner, outer = axes.get_window_extent(), axes.get_tightbbox()
        around = (outer.width - inner.width) / figure.dpi, (outer.height - inner.height) / figure.dpi
        figure.set_size_inches(width + around[0] + 2 * _PAD, height + around[1] + 2 * _PAD)


def _draw_learners(axes: Any, log: TrainingLog) -> None:
    from matplotlib.ticker import LogLocator

    best = log.best
    retired = {one.learner for one in log.retired}
    ends: list[Any] = []
    for last in sorted(log.learners, key=lambda one: one is best):
        steps = [one for one in log.of(last.learner) if one.n_updates and math.isfinite(one.likelihood)]
        if steps:
            ends.append(_draw_learner(axes, steps, kept=last is best, retired=last.learner in retired))
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(LogLocator(2, numticks=_MOST_TICKS))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0.1)
    axes.tick_params(color=_RULE, labelcolor=_MUTED, labelsize=8.5)
    axes.grid(axis="y", color=_RULE, linewidth=0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(_RULE)
    axes.set_xlabel("records learned from", color=_MUTED, size=9, loc="right")
    axes.set_ylabel("negative log-likelihood", color=_MUTED, size=9, loc="top")
    axes.set_title(_outcome(log), color=_INK, size=11, weight="bold", loc="left", pad=12)
    _part(axes, ends)


def _outcome(log: TrainingLog) -> str:
    best, n = log.best, log.n_passes
    kept = f"rate {best.rate:g} kept     {best.likelihood:,.4g}" if best else "still in training"
    return kept if n is None else f"{kept}     {n:,} {'pass' if n == 1 else 'passes'}"


def _draw_learner(axes: Any, steps: Sequence[LearnerReport], *, kept: bool, retired: bool) -> Any:
    """The line of one learner and its end; gives the label of the end."""
    colour = _BEST if kept else _OTHER
    xs, ys = [one.n_updates for one in steps], [one.likelihood for one in steps]
    axes.plot(xs, ys, color=colour, linewidth=2.2 if kept else 1.2, label=str(steps[-1].learner))
    end = {"marker": "x", "s": 28, "linewidths": 1.4} if retired else {"marker": "o", "s": 18}
    axes.scatter(xs[-1:], ys[-1:], color=colour, zorder=3, **end)
    style: dict[str, Any] = {"color": _INK if kept else _MUTED, "size": 8.5, "va": "center", "zorder": 4}
    return axes.annotate(
        f"{steps[-1].rate:g}", (xs[-1], ys[-1]), xytext=(_ASIDE, 0), textcoords="offset points", **style
    )


def _part(axes: Any, labels: Sequence[Any]) -> None:
    """Move labels of ends that lie close together up and down until all can be read, and tie them to their ends."""
    from matplotlib.patheffects import withStroke

    figure = axes.figure.figure
    figure.draw_without_rendering()  # now the layout is known
    frame, point = axes.get_window_extent(), figure.dpi / 72
    for group in _side_by_side(labels):
        boxes = [label.get_window_extent() for label in group]
        gap = max(box.height for box in boxes) + point
        middles = [(box.y0 + box.y1) / 2 for box in boxes]
        for label, middle, place in zip(
            group, middles, _apart(middles, gap, frame.y0 + gap / 2, frame.y1 - gap / 2), strict=True
        ):
            rise = (place - middle) / point
            label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
            label.xyann = (_ASIDE, rise)
            if abs(rise) > 1:
                tie = {"arrowstyle": "-", "color": _OTHER, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
                axes.annotate(
                    "", label.xy, xytext=(_ASIDE - 1, rise), textcoords="offset points", arrowprops=tie, zorder=2
                )


def _side_by_side(labels: Sequence[Any]) -> list[list[Any]]:
    """Groups of labels that would touch at the same height, each from its lowest to its highest."""
    groups: list[list[Any]] = []
    reach = -math.inf
    for label in sorted(labels, key=lambda one: one.get_window_extent().x0):
        box = label.get_window_extent()
        if box.x0 > reach:
            groups.append([])
        groups[-1].append(label)
        reach = max(reach, box.x1)
    return [sorted(group, key=lambda one: one.get_window_extent().y0) for group in groups]


def _apart(wanted: Sequence[float], gap: float, least: float, most: float) -> list[float]:
    """Places in the order of those *wanted*, *gap* apart and within bounds, as near to them as can be."""
    blocks: list[list[float]] = []
    for at, place in enumerate(wanted):
        blocks.append([place - at * gap])
        while len(blocks) > 1 and fmean(blocks[-2]) >= fmean(blocks[-1]):
            above = blocks.pop()
            blocks[-1] += above
    highest = most - (len(wanted) - 1) * gap
    levels = [fmean(block) for block in blocks for _ in block]
    return [max(least, min(level, highest)) + at * gap for at, level in enumerate(levels)]


def _draw(axes: Any, confusion: ConfusionMatrix, table: ConfusionMatrix, scores: Sequence[ClassScores]) -> None:
    side = len(scores)
    shares = _row_shares(table)
    axes.imshow(_shades(shares), aspect="equal", interpolation="nearest")
    axes.set(xlim=(-0.5, side + _MARGINS[0] - 0.5), ylim=(side + _MARGINS[1] - 0.5, -0.5))
    for row in range(side):
        for column in range(side):
            _cell(axes, column, row, float(shares[row, column]), right=row == column)
    _lines(axes, side)
    _margins(axes, scores, max(1, confusion.n_rows))
    _words(axes, confusion, [_shortened(one.name) for one in scores])


def _row_shares(table: ConfusionMatrix) -> NDArray[np.float64]:
    """Each row's counts as shares of the row; all 0 where there are none."""
    import numpy as np

    shares: NDArray[np.float64] = table.counts / np.maximum(1, table.counts.sum(axis=1, keepdims=True))
    return shares


def _shades(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """A colour for each cell, as red, green, blue and opacity."""
    import numpy as np
    from matplotlib import colormaps

    colours = colormaps["Oranges"](0.75 * np.sqrt(shares))
    colours[shares == 0] = (1.0, 1.0, 1.0, 1.0)
    right = np.arange(len(shares))
    colours[right, right] = colormaps["Blues"](0.08 + 0.72 * shares.diagonal())
    return colours


def _cell(axes: Any, x: int, y: int, share: float, *, right: bool) -> None:
    if share == 0 and not right:
        return
    text = "<1" if 0 < share <= 0.005 else f"{100 * share:.0f}"
    colour = "white" if right and share > 0.6 else _INK
    axes.text(x, y, text, ha="center", va="center", color=colour, weight="bold" if right else "normal", size=9)


def _lines(axes: Any, side: int) -> None:
    """Thin lines between cells, and no frame."""
    edges = [at - 0.5 for at in range(side + 1)]
    axes.hlines(edges, -0.5, side - 0.5, color=_RULE, linewidth=0.6)
    axes.vlines(edges, -0.5, side - 0.5, color=_RULE, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _margins(axes: Any, scores: Sequence[ClassScores], n_rows: int) -> None:
    """True frequency and F1 to the right, predicted frequency below."""
    side = len(scores)
    style: dict[str, Any] = {"ha": "center", "va": "center", "color": _MUTED, "size": 8.5}
    for at, one in enumerate(scores):
        axes.text(side + 0.2, at, f"{one.n_true / n_rows:.1%}", **style)
        axes.text(side + 1.4, at, f"{one.f1:.2f}", **style | {"color": _INK, "weight": "bold"})
        axes.text(at, side - 0.15, f"{one.n_predicted / n_rows:.1%}", **style | {"size": 7.5})
    for x, word in ((side + 0.2, "true"), (side + 1.4, "F1")):
        place = {"xytext": (0, 4), "textcoords": "offset points", "va": "bottom"}  # in line with the classes
        axes.annotate(word, (x, -0.5), **style | place)
    axes.text(-0.62, side - 0.15, "predicted", **style | {"ha": "right"})


def _words(axes: Any, confusion: ConfusionMatrix, names: list[str]) -> None:
    """Names of the classes and axes, and the headline."""
    slanted = max(map(len, names)) > 5
    turned = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(len(names)), names, **turned)
    axes.set_yticks(range(len(names)), names, va="center")
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False, labelcolor=_INK, labelsize=9.5)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("predicted class, % of the true class", color=_MUTED, size=9, loc="left", labelpad=8)
    axes.set_ylabel("true class", color=_MUTED, size=9, loc="top", labelpad=8)
    told = f"accuracy {confusion.accuracy:.1%}     macro F1 {confusion.macro_f1:.3f}     {confusion.n_rows:,} rows"
    headline = told if confusion.n_rows else "no rows"
    axes.set_title(headline, color=_INK, size=11, weight="bold", loc="left", pad=12)


def _shortened(name: str) -> str:
    """*name* short enough for an axis, both its ends kept, and not taken for matplotlib's mathematics."""
    shown = "".join(character if character.isprintable() else "·" for character in name)
    short = shown if len(shown) <= _NAME_WIDTH else f"{shown[: _NAME_WIDTH - 7]}…{shown[-6:]}"
    return short.replace("$", r"\$")


def _save(figure: Any, path: Path) -> None:
    suffix = path.suffix.removeprefix(".").lower() or "png"
    if suffix not in figure.canvas.get_supported_filetypes():
        raise DataError(str(path), "", "a suffix that matplotlib can write, such as .png or .svg", f".{suffix}")
    target = Path(os.path.realpath(path))
    with replacing(target, str(path)) as file:
        figure.savefig(file, format=suffix, dpi=_DPI)
