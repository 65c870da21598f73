"""
Handwritten digits, from ``train.csv`` to one digit per row of ``submission.csv``.

Without arguments it takes the 1,797 scanned digits that come with scikit-learn. With ``--train`` and ``--test`` it
takes Kaggle's Digit Recognizer files, or any others of that shape: ``label,pixel0,pixel1,…`` to learn from,
``pixel0,pixel1,…`` to label.

    python examples/digit_recognizer.py
    python examples/digit_recognizer.py --train train.csv --test test.csv --recipe neighbours
"""

from __future__ import annotations

import argparse
import tempfile
from math import isqrt
from pathlib import Path

import amlwrap
from amlwrap import Recipe, Schema
from amlwrap.documents import cartesian, quantile_bin


def main() -> None:
    """Run the whole story."""
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as folder, amlwrap.connect(options.connect) as aml:
        train_csv, test_csv = options.train, options.test
        if train_csv is None:
            train_csv, test_csv = write_scanned_digits(Path(folder))

        # What is in the file: the digit to predict, and one number per pixel.
        schema = Schema.infer(train_csv, target="label")
        digits = aml.datasources.create(train_csv, schema=schema, name="digits")

        # Learn from four fifths of the rows; see how well on the fifth that was held out.
        training, held_out = digits.split(0.8, seed=2026)
        recipe = neighbours(schema) if options.recipe == "neighbours" else None
        model = aml.models.create(training, recipe=recipe, name="four fifths")
        evaluation = model.evaluate(held_out, name="the fifth held out")

        # Then learn from every row, and label the file nobody has labelled.
        final = aml.models.create(digits, recipe=recipe, name="all digits")
        batch = final.predict_batch(test_csv, name="digits to label")

        # All five jobs are on their way; wait for them together.
        *_, evaluation, batch = amlwrap.wait_all(digits, model, final, evaluation, batch)

        metrics = evaluation.metrics
        print(f"accuracy on held-out rows  {metrics.accuracy:.4f}")
        print(f"macro F1                   {metrics.macro_f1:.4f}")
        print(f"macro F1 of the baseline   {metrics.baseline:.4f}")
        print(metrics.confusion.to_text())
        metrics.confusion.plot(options.plot)

        labels = batch.labels()
        labels.to_csv(options.output, columns=("ImageId", "Label"))
        print(f"{len(labels):,} digits written to {options.output}, the confusion matrix to {options.plot}")


def neighbours(schema: Schema) -> Recipe:
    """
    Each pixel in five bins, alone and crossed with its neighbours to the right, below and on both diagonals.

    A linear model sees one pixel at a time; a pair of neighbours tells it about strokes.
    """
    pixels = [attribute.name for attribute in schema.inputs]
    side = isqrt(len(pixels))
    bins = {f"b{place}": quantile_bin(pixel, 5) for place, pixel in enumerate(pixels)}
    pairs = [
        cartesian(f"b{row * side + column}", f"b{(row + down) * side + column + right}")
        for row in range(side)
        for column in range(side)
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))
        if row + down < side and 0 <= column + right < side
    ]
    return Recipe(assignments=bins, outputs=[*bins, *pairs])


def write_scanned_digits(folder: Path) -> tuple[Path, Path]:
    """Write scikit-learn's digits (8 × 8 pixels) as train.csv and test.csv in Kaggle's shape."""
    import numpy as np
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    header = ",".join(f"pixel{place}" for place in range(images.shape[1]))
    order = np.random.default_rng(2026).permutation(len(labels))
    train, test = order[:1200], order[1200:]
    rows = np.column_stack([labels[train], images[train]])
    np.savetxt(folder / "train.csv", rows, fmt="%d", delimiter=",", header=f"label,{header}", comments="")
    np.savetxt(folder / "test.csv", images[test], fmt="%d", delimiter=",", header=header, comments="")
    return folder / "train.csv", folder / "test.csv"


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Learn handwritten digits, then label new ones.")
    parser.add_argument("--train", type=Path, help="labelled digits: label,pixel0,…")
    parser.add_argument("--test", type=Path, help="digits to label: pixel0,…")
    parser.add_argument("--output", type=Path, default=Path("submission.csv"), help="where the labels go")
    parser.add_argument("--recipe", choices=["suggested", "neighbours"], default="suggested")
    parser.add_argument("--connect", default="local:", metavar="TARGET", help="e.g. local:DIR; default: %(default)s")
    parser.add_argument("--plot", type=Path, default=Path("confusion.png"), help="where the picture goes")
    options = parser.parse_args()
    if (options.train is None) != (options.test is None):
        parser.error("--train and --test go together")
    return options


if __name__ == "__main__":
    main()
