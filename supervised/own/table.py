"""A perceptron on a table of one's own, beside what it has to beat (book, chapter 3).

The file's layout, the kinds of its columns and the task are told from it, and said. Rows are set
aside for the test at random, by groups or by time, or come in a file of their own. Scales, words
and medians are those of the training rows. On the same test rows are scored: logistic regression
or ridge, gradient boosting, and the commonest class or the mean.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from supervised.core import classifiers, rows, tabular, training
from supervised.core.examples import Examples
from supervised.core.job import Context, Result
from supervised.datasets.source import some
from supervised.own import columns, data, encoding, figures, models
from supervised.own.configs import TableConfig
from supervised.own.data import Rows
from supervised.own.targets import Target


def run(config: TableConfig, context: Context) -> Result:
    """Trains on the rows for training and scores those of the test once."""
    table = data.read(config, context)
    train, validation = map(table.every.take, (table.parts.train, table.parts.validation))
    encoder = encoding.encoder(table.columns, train.numbers)
    x_train, x_validation = (_encoded(encoder, part, context) for part in (train, validation))
    config, fewer = models.within(config, len(train))
    learned = models.perceptron(
        config,
        table.target,
        Examples(x=x_train, y=train.answers),
        Examples(x=x_validation, y=validation.answers),
        context,
    )
    context.model(tabular.export(encoder, learned))
    data.keep(table, context)
    said = training.predict(learned, x_validation)
    on_validation = models.metrics_of(table.target, validation.answers, said)
    metric = "accuracy" if table.target.task == "classification" else "r2"
    notes = (*table.notes, *fewer)
    if not context.final:
        return Result(metrics={}, metric=metric, validation=on_validation, notes=notes)
    known = table.seen
    x_test = _encoded(encoder, table.test, context)
    said = training.predict(learned, x_test)
    coded, is_words = encoding.coded(table.columns, known.numbers, known.words)
    coded_test, _ = encoding.coded(table.columns, table.test.numbers, table.test.words)
    beside = models.controls(
        table.target,
        (np.concatenate([x_train, x_validation]), x_test),
        (coded, coded_test),
        is_words,
        known.answers,
        context,
    )
    figures.show(table, said, context)
    figures.show_importances(table, learned, x_test, metric, context)
    return figures.result(table, said, beside, metric, on_validation, notes, context, "perceptron")


def evaluate(config: TableConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test rows, or on those of --test it was not trained on."""
    known = data.kept(context)
    if config.test is None:
        file = data.opened(config, context)
        every, frame = data.answered(file, known, context)
        cut = data.divided(config, frame, every.answers, known.target, file.names, context)
        test = cut.test
    else:
        every, test = data.other(config.test, known, context), None
    scored = every.take(rows.to_score(context, every.hashes(), test))
    said = encoding.applied(model, scored.numbers, scored.words, context, "scoring")
    found = models.metrics_of(known.target, scored.answers, said)
    for line in models.without_r2(known.target, found):
        context.say(line)
    return {"rows": len(scored), **found}


def predict(
    config: TableConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Predicts the target for the rows of a user's files; it may be in them, and is not read."""
    known = data.kept(context)
    target, tables = known.target, []
    column = _answers_column(target)
    for path in map(Path, inputs):
        file = data.like_training(path, known)
        frame = data.as_in_training(file, known)
        if extra := [name for name in file.names if name not in known.names]:
            context.say(
                f"{path.name}: ignored, the training had none: {some(extra, columns.NAMED)}"
            )
        for line in known.columns.remarks(frame, path.name):
            context.say(line)
        said = encoding.applied(model, *known.columns.values(frame), context, "predicting")
        found = pd.DataFrame({"file": str(path), "row": np.arange(1, len(frame) + 1)})
        if target.task == "classification":
            tables.append(classifiers.with_answers(found, said, target.classes, column))
        else:
            tables.append(found.assign(**{column: said[:, 0]}))
    return pd.concat(tables, ignore_index=True)


def has_names(context: Context) -> bool:
    """Whether rows to be predicted come below a line of names, as those of the training did."""
    return data.kept(context).header


def _answers_column(target: Target) -> str:
    """What the answers are called: as the target, but where that is what another column is for."""
    taken = target.name in ("file", "row")
    taken |= bool(target.classes) and target.name.startswith(("probability", "p_"))
    return f"predicted_{target.name}" if taken else target.name


def _encoded(encoder: keras.Model, part: Rows, context: Context) -> npt.NDArray[np.float32]:
    return encoding.applied(encoder, part.numbers, part.words, context, "encoding")
