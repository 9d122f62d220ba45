"""A user's own data (chapter 3's perceptrons, chapter 9's factors)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.own.configs import RatingsConfig, SeriesConfig, TableConfig, TextConfig
from supervised.own.image_configs import ImagesConfig

EXPERIMENTS: dict[str, Experiment] = {
    "table": Experiment(
        summary="Your own table: --csv, --target",
        about="A perceptron on your own table, beside a linear model and gradient boosting",
        config=SupervisedConfig(job=TableConfig()),
        claim=Claim(
            metric="accuracy", note="R² where the target is a number; the book has no such job"
        ),
        cost="not measured",
        needs="a CSV or Parquet file of your own",
        arguments="--csv FILE --target COLUMN",
        space={
            "optimizer.learning_rate": Range(low=1e-4, high=1e-2, log=True, steps=4),
            "network.dropout": Range(low=0.0, high=0.5, steps=3),
            "network.l2": Choice(values=(0.0, 1e-4, 1e-3)),
        },
    ),
    "text": Experiment(
        summary="Your own texts: --csv or --folder",
        about="A recurrent network on your own texts, beside naive Bayes and logistic regression",
        config=SupervisedConfig(job=TextConfig()),
        claim=Claim(metric="accuracy", note="the book has no such job"),
        cost="not measured",
        needs="texts of your own, in a file; or a folder of them for each class: --folder FOLDER",
        arguments="--csv FILE --text-column COLUMN --target COLUMN",
        space={
            "optimizer.learning_rate": Range(low=3e-4, high=1e-2, log=True, steps=3),
            "units": Choice(values=(16, 32, 64)),
            "cell": Choice(values=("rnn", "lstm", "gru")),
        },
    ),
    "images": Experiment(
        summary="Your own pictures: --folder",
        about="A network on your own pictures, a folder for each class, beside simple classifiers",
        config=SupervisedConfig(job=ImagesConfig()),
        claim=Claim(metric="accuracy", note="the book has no such job"),
        cost="not measured",
        needs="a folder of your own with a folder of pictures for each class",
        arguments="--folder FOLDER",
        space={
            "optimizer.learning_rate": Range(low=1e-4, high=1e-2, log=True, steps=4),
            "augment": Choice(values=(False, True)),
            "lenet.hidden_dropout": Range(low=0.0, high=0.5, steps=3),
        },
    ),
    "series": Experiment(
        summary="Your own series: --csv, --value",
        about="An LSTM foretells your own series, beside persistence and ridge",
        config=SupervisedConfig(job=SeriesConfig()),
        claim=Claim(metric="rmse", note="of all horizons; the book has no such job"),
        cost="not measured",
        needs="a CSV or Parquet file of your own",
        arguments="--csv FILE --value COLUMN",
        space={
            "optimizer.learning_rate": Range(low=3e-4, high=1e-2, log=True, steps=3),
            "units": Choice(values=(8, 16, 32, 64)),
            "cell": Choice(values=("rnn", "lstm", "gru")),
        },
    ),
    "ratings": Experiment(
        summary="Your own ratings: --csv",
        about="Factors of people and items from your own ratings, beside biases and popularity",
        config=SupervisedConfig(job=RatingsConfig()),
        claim=Claim(
            metric="rmse", note="ndcg with --implicit; the book has MovieLens only, in mf_movielens"
        ),
        cost="not measured",
        needs="ratings of your own, or a MovieLens",
        arguments="--csv FILE",
        space={
            "optimizer.learning_rate": Range(low=1e-3, high=1e-2, log=True, steps=3),
            "factors": Choice(values=(16, 32, 64, 128)),
            "l2": Range(low=5e-3, high=1e-1, log=True, steps=4),
        },
    ),
}
