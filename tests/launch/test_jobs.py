"""What every supervised job keeps, run through the real command line in this process."""

import functools
import json
from collections.abc import Callable, Iterable, Set
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from threadpoolctl import threadpool_info, threadpool_limits

from launch.cli import main
from launch.commands.flags import override
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog
from launch.jobs.supervised import process
from launch.jobs.supervised.context import JobContext
from launch.terminal.interrupts import Interrupts
from supervised.core.job import Result
from supervised.datasets import catalog as data_sets
from supervised.pretrained.configs import TransferConfig
from supervised.style.configs import StyleConfig

TRAINED = "the folder of a run of emotion_faces"
OWN = "a table of one's own"
OWN_SERIES = "a series of one's own"
RATED = "ratings of one's own"
OWN_TEXTS = "texts of one's own"
PICTURES = "a folder of one's own pictures"
RBM = ("--hidden", "8", "--rbm.epochs", "2")
SMALL = {
    "tensors": (),
    "linear_synthetic": ("--test-points", "500", "--iterations", "4"),
    "linear_boston": ("--data", "sample", "--iterations", "10000", "--repeats", "3"),
    "explore_mnist": ("--data", "sample"),
    "mlp_mnist_dropout": (
        *("--data", "synthetic", "--fit.epochs", "2", "--network.hidden-sizes", "16"),
        *("--network.dropout", "0.1"),
    ),
    "mlp_bank_no_duration": (
        *("--data", "synthetic", "--fit.epochs", "2", "--network.hidden-sizes", "8"),
    ),
    "mnist_choices": (
        *("--data", "synthetic", "--images", "500", "--fit.epochs", "1"),
        *("--activations", "relu", "crelu", "--optimizers", "sgd", "adam"),
        *("--initializers", "he_normal", "--learning-rates", "0.01"),
        *("--network.hidden-sizes", "8"),
    ),
    "rbm_mnist": ("--data", "synthetic", *RBM),
    "dbn_bank": ("--data", "synthetic", "--fit.epochs", "1", "--rbm.epochs", "1"),
    "dbn_houses": ("--data", "sample", "--fit.epochs", "1", "--rbm.epochs", "1"),
    "lenet_mnist": (
        *("--data", "synthetic", "--fit.epochs", "2", "--filters", "2", "3", "--hidden", "4"),
    ),
    "autoencoder_mnist": (
        *("--data", "synthetic", "--fit.epochs", "2", "--hidden-sizes", "8", "4", "8"),
    ),
    "conv_autoencoder_mnist": (
        *("--data", "synthetic", "--fit.epochs", "2", "--filters", "2", "3"),
    ),
    "inception_predict": ("--data", "synthetic", "--network", "squeezenet", "--top", "3"),
    "transfer_cats_dogs": ("--data", "synthetic", "--fit.epochs", "2"),
    "emotion_faces": (
        *("--data", "synthetic", "--fit.epochs", "2", "--filters", "4", "8", "--dense", "16"),
    ),
    "emotion_predict": ("--data", "synthetic", "--samples", "20", "--model", TRAINED),
    "style_transfer": (
        *("--data", "synthetic", "--network", "squeezenet", "--size", "48"),
        *("--steps", "30", "--progress-every", "10"),
    ),
    "rnn_spam": (
        *("--data", "synthetic", "--fit.epochs", "2", "--units", "4", "--embedding", "4"),
        *("--length", "12"),
    ),
    "rnn_cells": ("--steps", "2", "10", "--units", "4", "--fit.epochs", "1"),
    "lstm_passengers": (*("--data", "synthetic", "--fit.epochs", "3", "--units", "3"),),
    "lstm_sentiment": (
        *("--data", "synthetic", "--fit.epochs", "2", "--units", "4", "--embedding", "4"),
        *("--length", "20"),
    ),
    "lstm_har": (
        *("--data", "synthetic", "--fit.epochs", "2", "--units", "4", "--layers", "1"),
        *("--members", "2"),
    ),
    "movielens_eda": ("--data", "synthetic"),
    "mf_movielens": ("--data", "synthetic", "--fit.epochs", "2", "--factors", "4"),
    "mf_movielens_20m": (
        *("--data", "synthetic", "--fit.epochs", "2", "--factors", "4"),
        *("--fit.batch-size", "500"),
    ),
    "kmeans_movies": (
        *("--data", "synthetic", "--fit.epochs", "1", "--factors", "4", "--most", "5"),
        *("--starts", "1"),
    ),
    "nfm_apps": (*("--data", "synthetic", "--fit.epochs", "2", "--factors", "4", "--hidden", "4"),),
    "fm_purchase": ("--data", "synthetic", "--fit.epochs", "2", "--factors", "4"),
    "dnn_iris": ("--data", "sample", "--repeats", "1", "--folds", "2", "--fit.epochs", "2"),
    "mlp_titanic": ("--data", "synthetic", "--repeats", "1", "--folds", "2", "--fit.epochs", "1"),
    "table": ("--csv", OWN, "--target", "class", "--fit.epochs", "3"),
    "series": ("--csv", OWN_SERIES, "--value", "sales", "--fit.epochs", "3", "--units", "3"),
    "ratings": ("--csv", RATED, "--factors", "4", "--fit.epochs", "2"),
    "text": (
        *("--csv", OWN_TEXTS, "--fit.epochs", "2", "--units", "4", "--embedding", "4"),
        *("--length", "12"),
    ),
    "images": (
        *("--folder", PICTURES, "--size", "16", "--fit.epochs", "2"),
        *("--lenet.filters", "2", "--lenet.hidden", "4"),
    ),
    "keras_sequential": ("--rows", "200", "--fit.epochs", "2"),
    "keras_functional": (
        *("--data", "synthetic", "--images", "200", "--filters", "4", "--fit.epochs", "1"),
    ),
    "devices": ("--cpus", "1", "--size", "50", "--power", "3", "--repeats", "1"),
    "cluster_toy": (),
    "data_parallel": (
        *("--data", "synthetic", "--networks", "softmax", "--updates", "4", "--look-every", "2"),
        *("--replicas", "0"),
    ),
    "model_parallel": (
        *("--data", "synthetic", "--hidden-sizes", "16", "8", "--updates", "4"),
        *("--look-every", "2", "--micro-batches", "2", "--batch-size", "40"),
    ),
    "fraud_autoencoder_deep": (
        *("--data", "synthetic", "--fit.epochs", "2", "--classifier-epochs", "1"),
    ),
}
"""A small run of each kind of job."""
WITHOUT_MODEL = {
    *("tensors", "explore_mnist", "mnist_choices", "inception_predict", "emotion_predict"),
    *("style_transfer", "rnn_cells", "movielens_eda", "kmeans_movies", "devices", "cluster_toy"),
    *("dnn_iris", "mlp_titanic"),
}
ON_RAY = {"cluster_toy", "data_parallel", "model_parallel"}
"""Those whose work is shared by processes of Ray's."""
WITHOUT_CHECKPOINTS = {
    *("tensors", "explore_mnist", "inception_predict", "emotion_predict", "movielens_eda"),
}
"""Those that are over before there is anything to go on from: Ctrl-C lets them end."""
NO_STOP = ON_RAY | {"devices"}
"""Those that are stopped elsewhere, or have times among their figures."""
SLOW = {
    *("conv_autoencoder_mnist", "autoencoder_mnist", "fraud_autoencoder_deep", "rnn_cells"),
    *("lstm_har", "lstm_sentiment", "nfm_apps", "transfer_cats_dogs", "mnist_choices"),
    *("dbn_bank", "dbn_houses", "emotion_predict", "emotion_faces", "fm_purchase", "devices"),
    *("data_parallel", "model_parallel", "mlp_titanic", "keras_functional", "rnn_spam"),
    *("cluster_toy", "table", "text", "images", "series", "ratings", "lenet_mnist", "rbm_mnist"),
}
"""Those that take longest; what they have in common with others is checked with those."""
STOPPED = {"tensors", "linear_synthetic", "mlp_mnist_dropout"}
"""Those that are stopped and resumed in the short suite: one of each loop that has checkpoints."""
KEYS = {
    *(
        "kind",
        "experiment",
        "seed",
        "status",
        "data",
        "data_sets",
        "data_files",
        "metrics",
        "validation",
        "claim",
    ),
    *("wall_seconds", "peak_memory_mb", "restarts", "notes", "fingerprint"),
}


def test_every_kind_of_job_has_a_small_run():
    kinds = {
        type(experiment.config.job)
        for experiment in catalog.EXPERIMENTS.values()
        if isinstance(experiment.config, SupervisedConfig)
    }
    small = [catalog.get(name).config for name in SMALL]
    assert {type(config.job) for config in small if isinstance(config, SupervisedConfig)} == kinds


def test_every_data_set_that_a_job_names_is_known_and_every_one_is_read():
    configs = [experiment.config for experiment in catalog.EXPERIMENTS.values()]
    jobs = [config.job for config in configs if isinstance(config, SupervisedConfig)]
    assert {name for job in jobs for name in job.data_sets} == set(data_sets.BY_NAME)


def test_a_job_that_takes_a_users_own_pictures_reads_no_data_set():
    own = Path("mine")
    assert TransferConfig(pictures_dir=own).data_sets == ()
    assert StyleConfig(content=own, style=own).data_sets == ()
    assert StyleConfig(content=own).data_sets == ("pictures",)


def _run(name: str, flags: list[str], folder: Path, code: int = 0) -> dict:
    where = [] if name in ON_RAY else ["--local"]
    assert main([name, *flags, *where, "--run-dir", str(folder)]) == code
    return json.loads((folder / "result.json").read_text())


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Callable[[], str]:
    """The folder of a small run for a job that takes a trained model, made when asked for."""

    @functools.cache
    def folder() -> str:
        found = tmp_path_factory.mktemp("emotion_faces") / "run"
        _run("emotion_faces", [*SMALL["emotion_faces"]], found)
        return str(found)

    return folder


def _flags(name: str, trained: Callable[[], str], folder: Path) -> list[str]:
    """The flags of a small run, with the files that it is given."""
    own = folder / "own.csv"
    if OWN in SMALL[name]:
        rows = [f"{i % 17},{'ab'[i % 2]},{'yes' if i % 17 > 8 else 'no'}" for i in range(200)]
        own.write_text("\n".join(["size,color,class", *rows]))
    if OWN_SERIES in SMALL[name]:
        months = pd.date_range("2010-01-01", periods=120, freq="MS").strftime("%Y-%m")
        rows = [f"{month},{50 + i + 9 * (i % 12)}" for i, month in enumerate(months)]
        own.write_text("\n".join(["month,sales", *rows]))
    rated = folder / "rated.csv"
    if RATED in SMALL[name]:
        pairs = [(i % 20, i * 7 % 13) for i in range(260)]
        rows = [f"u{u},b{b},{1 + u * b % 5}" for u, b in pairs]
        rated.write_text("\n".join(["user,item,rating", *rows]))
    texts = folder / "own.tsv"
    if OWN_TEXTS in SMALL[name]:
        kinds = {"good": "fine film", "bad": "dull plot"}
        lines = [f"{kind}\t{said} {'x' * i}" for i in range(40) for kind, said in kinds.items()]
        texts.write_text("\n".join(lines))
    if PICTURES in SMALL[name]:
        rng = np.random.default_rng(0)
        for number in range(40):
            place = folder / "own" / "ab"[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            pixels = rng.integers(0, 128, (20, 24, 3)) + 100 * (number % 2)
            Image.fromarray(pixels.astype(np.uint8)).save(place / f"{number}.png")
    made = {
        TRAINED: trained,
        OWN: lambda: str(own),
        OWN_TEXTS: lambda: str(texts),
        PICTURES: lambda: str(folder / "own"),
        RATED: lambda: str(rated),
    }
    made[OWN_SERIES] = made[OWN]
    return [made[flag]() if flag in made else flag for flag in SMALL[name]]


@pytest.fixture
def cluster(request) -> None:
    """The cluster, for a job that needs it."""
    if request.getfixturevalue("name") in ON_RAY:
        request.getfixturevalue("ray_cluster")


def _slow_without(quick: Set[str], names: Iterable[str] = SMALL) -> list[Any]:
    return [n if n in quick else pytest.param(n, marks=pytest.mark.slow) for n in names]


@pytest.mark.parametrize("name", _slow_without(set(SMALL) - SLOW))
def test_contract(name, cluster, trained, tmp_path, capsys, caplog):
    flags = _flags(name, trained, tmp_path)
    capsys.readouterr()
    folder = tmp_path / "whole"
    result = _run(name, flags, folder)
    assert set(result) == KEYS
    assert result["status"] == "finished"
    assert result["data"] in ("real", "sample", "synthetic")
    config = catalog.get(name).config
    assert isinstance(config, SupervisedConfig)
    changed = override(name, config, flags)
    assert set(result["data_sets"]) & set(data_sets.BY_NAME) == set(changed.job.data_sets)
    claim = result["claim"]
    assert claim["metric"] == catalog.get(name).claim.metric
    assert claim["ours"] == result["metrics"][claim["metric"]]
    assert claim["comparable"] is False  # no job is, on these data
    assert 100 < result["peak_memory_mb"] < 20_000
    assert result["fingerprint"] in capsys.readouterr().out
    for path in folder.glob("*.csv"):
        assert set(pd.read_csv(path)["data"]) == {result["data"]}, path.name
    for path in folder.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert list(folder.glob("*.csv"))
    assert list(folder.glob("events.out.tfevents.*"))
    assert "keeps its own number of threads" not in caplog.text  # other threads are other bits

    assert main(["describe", str(folder)]) == 0
    keeps_one = any(folder.glob("*.keras"))  # also some that cannot be scored again
    assert ("parameters\n" in capsys.readouterr().out) == keeps_one
    if name in WITHOUT_MODEL:
        assert main(["evaluate", str(folder)]) == 2
    else:
        assert main(["evaluate", str(folder)]) == 0
        said = dict(line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines())
        assert float(said[claim["metric"]]) == pytest.approx(claim["ours"], rel=1e-4)


@pytest.mark.parametrize(
    "name", _slow_without(STOPPED, [name for name in SMALL if name not in NO_STOP])
)
def test_stopped_at_its_first_checkpoint_and_resumed_it_has_the_same_bits(
    name, cluster, trained, tmp_path, monkeypatch
):
    flags = _flags(name, trained, tmp_path)
    monkeypatch.setattr(JobContext, "figure", lambda *given: None)  # a third of the time
    folder, again = tmp_path / "whole", tmp_path / "again"
    result = _run(name, flags, folder)
    monkeypatch.setattr(Interrupts, "__call__", _once())
    if name in WITHOUT_CHECKPOINTS:
        _run(name, flags, again)
    else:
        stopped = _run(name, flags, again, code=130)
        assert stopped["status"] == "interrupted"
        assert main(["resume", str(again)]) == 0
    second = json.loads((again / "result.json").read_text())
    assert second["fingerprint"] == result["fingerprint"]
    assert (again / "metrics.jsonl").read_text() == (folder / "metrics.jsonl").read_text()


def test_a_jobs_libraries_have_as_many_threads_as_it_has_cpus(monkeypatch):
    """Or its sums, and with them the fingerprint, would be others here than on Ray."""

    class Noting:
        threads: ClassVar[set[int]] = set()

        @classmethod
        def run(cls, config, context):
            cls.threads |= {library["num_threads"] for library in threadpool_info()}
            return Result(metrics={})

    config = catalog.get("tensors").config
    assert isinstance(config, SupervisedConfig)
    monkeypatch.setattr(process, "module_of", lambda job: Noting)
    with threadpool_limits(2):
        process.execute(config, {}, lambda event: None)
        assert {library["num_threads"] for library in threadpool_info()} == {2}
    assert Noting.threads == {1}


def _once():
    """Answers that somebody pressed Ctrl-C, to the second question only."""
    asked = []

    def answer(self) -> bool:
        asked.append(1)
        return len(asked) == 2

    return answer
