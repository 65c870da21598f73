"""The scikit-learn face: estimators that train on the embedded engine, and then stand by themselves."""

# scikit-learn ships no types, so what comes from it is unknown until it is given one.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from amlwrap.documents import AttributeType, Recipe
from amlwrap.exceptions import MissingExtraError

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import (
        assert_all_finite,
        check_consistent_length,
        check_is_fitted,
        column_or_1d,
        validate_data,
    )
except ImportError as error:  # pragma: no cover - whoever has no scikit-learn at all
    raise MissingExtraError("amlwrap.sklearn", "sklearn") from error

from amlwrap._estimator_rows import frame_of, is_frame, schema_of, typed
from amlwrap._trained import Trained

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["AMLClassifier", "AMLRegressor"]


class _Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """What both have in common: rows of any make in, a model out of its engine."""

    # Set by scikit-learn's checks.
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(
        self,
        *,
        recipe: Recipe | str | Mapping[str, object] | None = None,
        passes: int = 10,
        l1: float = 0.0,
        l2: float | None = None,
        shuffle: bool = True,
        max_model_size: int = 104_857_600,
        types: Mapping[str, AttributeType | str] | None = None,
        connect: str = "local:",
    ) -> None:
        self.recipe = recipe
        self.passes = passes
        self.l1 = l1
        self.l2 = l2
        self.shuffle = shuffle
        self.max_model_size = max_model_size
        self.types = types
        self.connect = connect

    def _fit(self, frame: pl.DataFrame, targets: NDArray[Any], kind: AttributeType) -> Self:
        """Learn *targets*, one for each row of *frame*."""
        import polars as pl

        names = getattr(self, "feature_names_in_", None)
        schema = schema_of(frame, None if names is None else names.tolist(), self.types or {}, kind)
        rows = typed(frame, schema).with_columns(pl.Series(str(schema.target), targets))
        self._trained = Trained.on(
            rows,
            schema,
            connect=self.connect,
            recipe=self.recipe,
            passes=self.passes,
            l1=self.l1,
            l2=self.l2,
            shuffle=self.shuffle,
            max_model_size=self.max_model_size,
        )
        self.schema_ = schema
        self.recipe_ = Recipe.parse(self._trained.recipe)
        self.n_iter_ = self._trained.n_passes
        return self

    def _learnable(self, X: Any, y: Any, dtype: type | None = None) -> tuple[pl.DataFrame, Any]:
        """Rows and targets checked as scikit-learn does."""
        rows, targets = validate_data(self, X, y, **_checks(X))
        targets = column_or_1d(targets, warn=True, dtype=dtype)
        assert_all_finite(targets, input_name="y", estimator_name=type(self).__name__)
        check_consistent_length(rows, targets)
        return frame_of(rows), targets

    def _scores(self, X: Any) -> NDArray[Any]:
        check_is_fitted(self)
        frame = frame_of(validate_data(self, X, reset=False, **_checks(X)))
        return self._trained.scores(typed(frame, self._trained.schema)).astype(np.float64)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def _checks(X: Any) -> dict[str, Any]:
    """What scikit-learn is to check: of frames, whose columns may hold anything, only names and numbers of columns."""
    if not is_frame(X):
        return {"dtype": None, "ensure_all_finite": "allow-nan"}
    if not len(X):
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    return {"skip_check_array": True}


class AMLClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """
    Logistic regression of Amazon ML's kind, for two classes or up to a hundred.

    Frames are taken as they are: text, categories, truth values, numbers and what is missing need no preprocessing.

    Args:
        recipe: How columns become features; by default what the engine suggests. Columns without names are called
            ``x0``, ``x1`` …
        passes: Most times the rows are gone through.
        l1: Regularisation that drops weights.
        l2: Regularisation that shrinks weights; by default 1e-6, or 0 with *l1*.
        shuffle: Whether rows are shuffled first, the same way each time.
        max_model_size: Bytes.
        types: What columns hold where it would be guessed wrongly, by name.
        connect: The engine to train on: ``"local:"``, gone when fitted, or ``"local:DIR"``, where the model stays too.

    Attributes:
        classes_: Labels, sorted.
        n_features_in_: Columns there were.
        feature_names_in_: Their names, if all of them were strings.
        n_iter_: Passes there were.
        schema_: What the columns were taken for.
        recipe_: What became of them.

    >>> rows = np.array([["red", 1.0], ["blue", 2.0], ["red", np.nan], ["blue", 1.5]] * 10, object)
    >>> AMLClassifier(passes=5).fit(rows, ["stop", "go"] * 20).predict([["blue", 1.2]]).tolist()
    ['go']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """
        Learn to tell the classes of *y* apart.

        Args:
            X: An array, shape ``(n_samples, n_features)``, or a frame.
            y: Shape ``(n_samples,)``: labels of any type that can be sorted.

        Raises:
            ValueError: There are fewer than two classes, or what scikit-learn refuses.
            JobFailedError: Nothing could be learned; the error says why.
        """
        frame, labels = self._learnable(X, y)
        check_classification_targets(labels)
        codes: NDArray[np.intp]
        self.classes_: Any
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"Classifier can't learn from one class only: y holds nothing but {self.classes_.tolist()[0]!r}."
            )
        kind = AttributeType.BINARY if len(self.classes_) == 2 else AttributeType.CATEGORICAL
        return self._fit(frame, codes, kind)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each of `classes_`, shape ``(n_samples, n_classes)``."""
        scores = self._scores(X)
        if scores.ndim == 1:
            return np.stack([1.0 - scores, scores], axis=1)
        order = np.argsort([int(name) for name in self._trained.model.classes])  # the engine sorts them as text
        return scores[:, order]

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row; of two equally probable ones, the second, as the service does."""
        probabilities = self.predict_proba(X)
        if len(self.classes_) == 2:
            places = (probabilities[:, 1] >= 0.5).astype(np.intp)
        else:
            places = probabilities.argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[places]
        return chosen


class AMLRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """
    Linear regression of Amazon ML's kind.

    Parameters and attributes are those of `AMLClassifier`, but for ``classes_``.

    >>> sizes = np.arange(100.0)[:, None]
    >>> bool(AMLRegressor().fit(sizes, 3 * sizes[:, 0]).score(sizes, 3 * sizes[:, 0]) > 0.9)
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """
        Learn the numbers *y*.

        Args:
            X: An array, shape ``(n_samples, n_features)``, or a frame.
            y: Shape ``(n_samples,)``.

        Raises:
            ValueError: What scikit-learn refuses.
            JobFailedError: Nothing could be learned; the error says why.
        """
        return self._fit(*self._learnable(X, y, np.float64), AttributeType.NUMERIC)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The number of each row."""
        return self._scores(X)
