"""A recurrent network on texts of one's own, beside what it has to beat (book, chapter 6).

Where texts and labels are is told from the file, and said. Texts with the same words are taken
once, so that no test text is a training text. Texts are set aside for the test at random, by groups
or by time, or come in a file of their own. On the same test texts are scored: naive Bayes, logistic
regression on tf-idf, and the commonest class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import keras
import pandas as pd

from supervised.core import rows, scores
from supervised.core.job import Context, Result
from supervised.datasets import own_texts
from supervised.datasets.source import DataError
from supervised.own import figures, models, text_data
from supervised.own.configs import TextConfig
from supervised.recurrent import answering, bags, reading


def run(config: TextConfig, context: Context) -> Result:
    """Trains on the texts for training and scores those of the test once."""
    texts = text_data.read(config, context)
    text_data.keep(texts, config.length, context)
    target, names = texts.target, texts.target.classes
    train, validation = (
        texts.every.take(part).examples for part in (texts.parts.train, texts.parts.validation)
    )
    config, fewer = models.within(config, len(train))
    model, on_validation = reading.learn(config, train, validation, names, target.name, context)
    context.model(model)
    notes = (*texts.notes, *fewer)
    if not context.final:
        return Result(metrics={}, validation=on_validation, notes=notes)
    known, test = texts.seen, texts.test
    said = reading.said(model, test.texts)
    context.activity("training naive Bayes and logistic regression")
    beside = bags.probabilities(known.texts, known.answers, test.texts, len(names))
    figures.show_classes(target, test.answers, said, f"{target.name}, test texts", context)
    reading.show(test.examples, said, beside, names, context)
    each = scores.of_classes(test.answers, said.argmax(axis=1), names)
    context.table("classes", each)
    controls = {reading.short(name): (name, theirs) for name, theirs in beside.items()}
    result = figures.result(
        texts, said, controls, "accuracy", on_validation, notes, context, "recurrent network"
    )
    return replace(result, metrics={**result.metrics, **_precisions(each)})


def evaluate(config: TextConfig, context: Context, model: keras.Model) -> Mapping[str, float]:
    """Scores a trained model on the test texts, or on those of --test it was not trained on."""
    known = text_data.kept(context)
    if config.test is None:
        texts = text_data.read(config, context)
        if texts.target != known.target:
            raise DataError("the labels are not those of the run: score other data with --data")
        every, test = texts.every, texts.parts.test
    else:
        every, test = text_data.other(config.test, config.header, known, context), None
    scored = every.take(rows.to_score(context, every.hashes(), test))
    said, target = reading.said(model, scored.texts), known.target
    each = scores.of_classes(scored.answers, said.argmax(axis=1), target.classes)
    metrics = models.metrics_of(target, scored.answers, said)
    return {"texts": len(scored), **metrics, **_precisions(each)}


def predict(
    config: TextConfig, model: keras.Model, inputs: Sequence[str], context: Context
) -> pd.DataFrame:
    """Classifies a user's own texts and those of files; shows which words moved the answers."""
    known = text_data.kept(context)
    found = own_texts.given(inputs, context.text_column, known.column, context.say)
    return answering.answers(model, found, known.target.classes, config.length, context)


def _precisions(each: pd.DataFrame) -> dict[str, float]:
    """The precision of each class that is ever predicted."""
    known = each[each["precision"].notna()]
    return {
        f"precision_{name}": float(value)
        for name, value in zip(known["class"], known["precision"], strict=True)
    }
