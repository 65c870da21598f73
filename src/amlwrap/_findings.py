"""What a report says of a run: how good the model is, in plain words, what its columns are, and what may follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from amlwrap._alerts import alerts, auc_error, share_error
from amlwrap._facts import Facts
from amlwrap._html import plain
from amlwrap._report import Report, Section, Table
from amlwrap.documents import LearnerReport, Recipe, Schema
from amlwrap.resources import Curve, Evaluation, Metrics, Model

if TYPE_CHECKING:
    from amlwrap.labels import ConfusionMatrix

__all__ = ["make_report"]

_GRADES = ((0.6, "hardly better than guessing"), (0.7, "weak"), (0.8, "fair"), (0.9, "good"), (1.0, "very good"))
_TENTHS = [tenth / 10 for tenth in range(1, 10)]
_MAX_COLUMNS = 40
_NAME_WIDTH = 40


def make_report(
    schema: Schema,
    model: Model,
    evaluation: Evaluation,
    facts: Facts,
    best: LearnerReport | None = None,
    *,
    transient: bool,
) -> Report:
    """
    The report on one run.

    Args:
        best: The learner that was kept, where that is known.
        transient: Whether all of it is gone when the run is closed.
    """
    metrics = evaluation.metrics or Metrics()
    target = plain(str(schema.target), _NAME_WIDTH)
    name = plain(model.name, 2 * _NAME_WIDTH)
    sections = [Section("How good is it?", [*_verdict(metrics, target)], verbatim=_confusion(metrics))]
    if metrics.curve is not None:
        sections.append(_thresholds(metrics.curve, model.threshold))
    if found := [f"- {alert}" for alert in alerts(model, evaluation, facts)]:
        sections.append(Section("Look out", found))
    sections.append(_columns(schema))
    sections.append(Section("How it learned", [*_learning(model, metrics, facts, best)]))
    sections.append(Section("What next", table=_next(model, schema, transient=transient)))
    answers = {"BINARY": "yes or no", "MULTICLASS": "one of several classes", "REGRESSION": "a number"}
    return Report(f"{name} predicts {target}: {answers.get(model.type, model.type)}", (*sections,))


def _verdict(metrics: Metrics, target: str) -> Iterator[str]:
    """The metric beside its baseline, and what it means."""
    rows = "rows" if metrics.n_scored is None else f"{metrics.n_scored:,} rows"
    if metrics.auc is not None:
        grade = next((word for limit, word in _GRADES if metrics.auc < limit), _GRADES[-1][1])
        error = "" if metrics.curve is None else f" give or take {auc_error(metrics.auc, metrics.curve):.2f}"
        yield (
            f"AUC {metrics.auc:.3f}{error} on {rows} it had never seen; 0.5 is guessing, 1 is perfect. Take a yes and "
            f"a no at random: {metrics.auc:.0%} of the time the yes gets the higher score. That is {grade}."
        )
    elif metrics.macro_f1 is not None:
        yield (
            f"Macro F1 {metrics.macro_f1:.3f}{_against(metrics)} on {rows} it had never seen; 1 is perfect. It is the "
            "mean of the F1 of all classes, rare ones counting the same."
        )
    elif metrics.rmse is not None:
        yield f"RMSE {metrics.rmse:.4g}{_against(metrics)} on {rows} it had never seen, in the unit of {target}."
        if metrics.baseline:
            explained = max(1 - (metrics.rmse / metrics.baseline) ** 2, 0.0)
            yield f"It explains {explained:.0%} of what makes {target} vary; errors as large as the RMSE are usual."
    else:
        yield "The service gave no number."
    if metrics.confusion is not None:
        yield from _right(metrics, metrics.confusion)


def _against(metrics: Metrics) -> str:
    if metrics.baseline is None:
        return ""
    nothing = "the mean" if metrics.rmse is not None else "the most frequent class"
    return f", where always saying {nothing} gives {metrics.baseline:.4g},"


def _right(metrics: Metrics, confusion: ConfusionMatrix) -> Iterator[str]:
    """Shares of right answers, and what is most often mistaken for what."""
    often = max(confusion.per_class(), key=lambda one: one.n_true)
    n = max(confusion.n_rows, 1)
    yield (
        f"{confusion.accuracy:.1%} of the answers are right, give or take {share_error(confusion.accuracy, n):.1%}; "
        f"always saying {_said(often.name, metrics)} would get {often.n_true / n:.1%}."
    )
    pairs = [
        (int(count), true, said)
        for true, row in zip(confusion.classes, confusion.counts, strict=True)
        for said, count in zip(confusion.classes, row, strict=True)
        if true != said and count
    ]
    if len(confusion.classes) > 2 and pairs:
        worst = sorted(pairs, key=lambda pair: -pair[0])[:3]
        told = [f"{plain(true, 20)!r} for {plain(said, 20)!r} ({count:,})" for count, true, said in worst]
        yield f"Most often mistaken: {', '.join(told)}."


def _said(name: str, metrics: Metrics) -> str:
    """A class as it is spoken of; those of a BINARY model are yes and no, however the data spell them."""
    return ("no", "yes")[name == "1"] if metrics.auc is not None else repr(plain(name, _NAME_WIDTH))


def _confusion(metrics: Metrics) -> list[str]:
    """Counts of each class given for each; of two classes the thresholds tell more."""
    if metrics.confusion is None or metrics.curve is not None:
        return []
    return metrics.confusion.to_text().splitlines()


def _thresholds(curve: Curve, chosen: float | None) -> Section:
    """What yes would mean at some thresholds, the model's own among them."""
    own = 0.5 if chosen is None else chosen
    header = ("yes from a score of", "says yes", "precision", "recall", "accuracy", "false alarms")
    rows = [_threshold(curve, value, own=value == own) for value in sorted({*_TENTHS, own})]
    story = (
        "Precision: of the rows it says yes to, the share that are. Recall: of the rows that are, the share it says "
        "yes to. False alarms: of the rows that are not, the share it says yes to."
    )
    return Section("Where to put the threshold", (story,), Table(header, rows))


def _threshold(curve: Curve, value: float, *, own: bool) -> list[str]:
    place = min(range(len(curve.thresholds)), key=lambda at: abs(curve.thresholds[at] - value))
    measures = curve.measures(place)
    said = curve.true_positives[place] + curve.false_positives[place]
    shares = [measures[name] for name in ("precision", "recall", "accuracy", "false_positive_rate")]
    share = said / max(curve.positives + curve.negatives, 1)
    precision = "–" if not said else f"{shares[0]:.0%}"
    return [f"{'→ ' if own else ''}{value:.3g}", f"{share:.0%}", precision, *(f"{other:.0%}" for other in shares[1:])]


def _columns(schema: Schema) -> Section:
    """Name, type, role and reason of each column; those of one family, as ``pixel0`` to ``pixel783``, in one line."""
    rows: list[list[str]] = []
    described = [(one.name, one.type.value, schema.role(one.name)) for one in schema]
    for (_, kind, role), group in groupby(described, key=lambda row: (_family(row[0]), *row[1:])):
        names = [name for name, _, _ in group]
        called, reason = plain(names[0], _NAME_WIDTH), schema.reasons.get(names[0], "")
        if len(names) > 1:
            called = f"{called} … {plain(names[-1], _NAME_WIDTH)}"
            reason = f"{len(names):,} columns{f'; the first: {reason}' if reason else ''}"
        rows.append([called, kind, role, reason])
    header = ["column", "type", "role", "because of"]
    if not any(row[-1] for row in rows):
        header, rows = header[:-1], [row[:-1] for row in rows]
    rest = [f"The first {_MAX_COLUMNS} lines; run.schema.describe() has them all."] if len(rows) > _MAX_COLUMNS else []
    return Section("What the columns were taken for", rest, Table(header, rows[:_MAX_COLUMNS], left=len(header)))


def _family(name: str) -> str:
    """What names share that differ only in numbers."""
    return re.sub(r"\d+", "#", name)


def _learning(model: Model, metrics: Metrics, facts: Facts, best: LearnerReport | None) -> Iterator[str]:
    n_test = None if metrics.n_scored is None else metrics.n_scored + (metrics.n_invalid or 0)
    if facts.n_records is None or n_test is None:
        rows = f"From {100 - facts.percent} % of the rows; the other {facts.percent} % were held out"
    else:
        rows = f"From {facts.n_records - n_test:,} of {facts.n_records:,} rows; {n_test:,} were held out"
    drawn = "the end of the data" if facts.seed is None else f"drawn with seed={facts.seed!r}"
    parameters = model.parameters
    regular = [f"{name} of {value:g}" for name, value in (("L1", parameters.l1), ("L2", parameters.l2)) if value]
    order = "shuffled once" if parameters.shuffle == "auto" else "in the order they came in"
    yield (
        f"{rows}, {drawn}. In at most {parameters.passes:,} passes, rows {order}, "
        f"{' and '.join(regular) or 'nothing'} to keep weights small."
    )
    if best is not None:
        yield (
            f"Of the learners side by side, {best.learner} was kept, whose learning rate is {best.rate:g}: a record, "
            f"scored before it was learned, cost it {best.likelihood:.4g} in the mean."
        )
    if model.recipe is not None:
        yield plain(f"Recipe: {_recipe(model.recipe)}; run.model.recipe has all of it.", 600)


def _recipe(recipe: Recipe) -> str:
    """What reaches the learner; of groups, how many they are."""
    made = f"{', '.join(map(str, recipe.outputs))}"
    sizes = {name: str(term).count(",") + 1 for name, term in recipe.groups.items()}
    groups = [f"{name} is {size} column{'s' if size > 1 else ''}" for name, size in sizes.items()]
    assigned = [f"{name} is {term}" for name, term in recipe.assignments.items()]
    return ", where ".join(filter(None, [made, ", ".join([*groups, *assigned])]))


def _next(model: Model, schema: Schema, *, transient: bool) -> Table:
    number = "a number" if model.type == "REGRESSION" else "a label"
    rows = [('run.predict("new.csv")', f"{number} for each new row; {plain(str(schema.target), 20)} may be missing")]
    if model.type == "BINARY":
        rows.append(("run.choose_threshold(precision=0.9)", "the run again, its threshold where that is so"))
    if model.type == "MULTICLASS":
        rows.append(("run.predict_batch(…).wait().probabilities()", "how sure it is, class by class"))
    rows.append(("run.model, run.evaluation, run.datasource", "ordinary resources"))
    if transient:
        rows.append(('train(…, connect="local:./models")', "all of this is gone when the run is closed; so it stays"))
    else:
        rows.append((f"aml.models.get({model.id!r})", "the model tomorrow"))
    return Table((), rows, left=2)
