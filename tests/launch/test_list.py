"""What `list` prints: a line an experiment, a chapter, or everything about one."""

import json
import os
from pathlib import Path

from launch.cli import main
from launch.commands import listing_table
from launch.commands.places import Places
from launch.config.supervised import SupervisedConfig
from launch.experiments import catalog


def _names(capsys, *flags: str) -> list[str]:
    assert main(["list", "--names", *flags]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_experiment_is_of_one_kind(capsys):
    supervised = _names(capsys, "--kind", "supervised")
    acting = _names(capsys, "--kind", "rl")
    assert sorted(supervised + acting) == sorted(catalog.EXPERIMENTS) == sorted(_names(capsys))
    assert {"dqn_cartpole", "q"} <= set(acting)
    for name in supervised:
        assert isinstance(catalog.get(name).config, SupervisedConfig)


def test_what_needs_a_file_of_ones_own_is_not_runnable(capsys):
    every = _names(capsys, "--kind", "supervised")
    runnable = _names(capsys, "--kind", "supervised", "--runnable")
    missing = {name for name in every if catalog.get(name).needs}
    assert {"alexnet_predict", "emotion_predict", "fm_purchase"} <= missing
    assert set(every) - set(runnable) == missing


def test_only_what_has_its_data_here_is_listed(capsys, tmp_path):
    places = ("--data-dir", str(tmp_path), "--data-cache", str(tmp_path / "cache"))
    bare = _names(capsys, "--here", *places)
    assert {"dqn_cartpole", "linear_synthetic", "linear_boston", "softmax_mnist"} <= set(bare)
    assert not {"mlp_titanic", "mf_movielens_100k", "alexnet_predict"} & set(bare)  # a download
    (tmp_path / "titanic").mkdir()
    (tmp_path / "titanic" / "titanic3.csv").write_text("pclass,survived\n1,1\n")
    assert set(_names(capsys, "--here", *places)) - set(bare) == {"mlp_titanic"}


def test_a_table_may_be_of_one_kind(capsys):
    assert main(["list", "--kind", "rl"]) == 0
    said = capsys.readouterr().out
    assert "dqn_cartpole" in said
    assert "tensors" not in said


def test_an_unknown_kind_is_refused(capsys):
    assert main(["list", "--kind", "both"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --kind 'both': expected one of")


def _said(capsys, *words: str) -> list[str]:
    assert main(["list", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_every_experiment_has_a_line_of_80_columns(capsys):
    lines = _said(capsys)
    assert max(map(len, lines)) <= 80
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    assert set(catalog.EXPERIMENTS) <= set(said)
    for name, experiment in catalog.EXPERIMENTS.items():
        assert experiment.summary in said[name]
        cost = experiment.cost.partition(" for ")[0]
        assert said[name].endswith("-" if cost == "not measured" else cost)


def test_reinforcement_learning_comes_first_and_then_the_chapters(capsys):
    titles = [line for line in _said(capsys) if line.startswith("chapter ")]
    numbers = [int(title.partition(":")[0].removeprefix("chapter ")) for title in titles]
    acting = numbers.count(10)
    assert set(numbers[:acting]) == {10}
    assert numbers[acting:] == sorted(numbers[acting:])
    assert set(numbers) == set(range(2, 11))


def test_the_command_of_a_page_has_the_flags_that_a_run_cannot_do_without(capsys):
    for name in ("table", "text", "images", "series", "ratings", "bc_cartpole"):
        (line,) = (line for line in _said(capsys, name) if line.startswith("run  "))
        assert line == f"run       python -m launch {name} {catalog.get(name).arguments}"
        assert len(line) <= 80
        assert catalog.get(name).arguments
    (line,) = (line for line in _said(capsys, "dqn_cartpole") if line.startswith("run  "))
    assert line == "run       python -m launch dqn_cartpole"


def test_studies_are_listed_by_their_kind(capsys):
    lines = [line for line in _said(capsys, "studies") if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == list(catalog.STUDIES)


def test_summaries_stand_by_themselves(capsys):
    for experiment in catalog.EXPERIMENTS.values():
        for text in (experiment.summary, experiment.about):
            assert not text.startswith("The same")


def test_data_stand_in_the_line_with_a_sign_for_where_they_are(capsys, tmp_path):
    cache, own = tmp_path / "cache", tmp_path / "own"
    (cache / "umich").mkdir(parents=True)
    (cache / "umich" / "training.txt").write_text("")
    (own / "creditcard").mkdir(parents=True)
    lines = _said(capsys, "--data-dir", str(own), "--data-cache", str(cache))
    said = {line.split()[0]: line for line in lines if line.startswith("  ")}
    for name, shown in (
        ("dqn_cartpole", "CartPole-v1"),
        ("lenet_mnist", "mnist+"),
        ("dbn_houses", "houses~"),
        ("nfm_apps", "frappe!"),
        ("lstm_sentiment_umich", "umich"),
        ("fraud_autoencoder", "creditcard?"),
        ("alexnet_predict", "your files!"),
        ("mf_movielens_20m", "ml-20m+"),
    ):
        cost = catalog.get(name).cost.replace("not measured", "-")
        assert said[name].removesuffix(cost).rstrip().endswith(shown), said[name]
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("data: name? files are missing") for line in lines)
    assert "no such folder" in _refused(capsys, "--data-dir", str(tmp_path / "nowhere"))


def test_a_wide_terminal_has_longer_texts(monkeypatch):
    monkeypatch.setattr(listing_table, "columns", lambda: 120)
    chapters = [chapter for chapter in catalog.CHAPTERS if chapter.number == 3]
    found = Places(None, Path("nowhere"))
    lines = [str(line) for line in listing_table.lines(chapters, found)]
    (line,) = (line for line in lines if line.startswith("  mlp_mnist_relu "))
    assert catalog.get("mlp_mnist_relu").about in line
    assert {len(line) for line in lines if line.startswith("  ")} == {120}


def _refused(capsys, *words: str) -> str:
    assert main(["list", *words]) == 2
    return capsys.readouterr().err


def test_words_choose(capsys):
    assert _names(capsys, "10") == [
        n for c in catalog.CHAPTERS if c.number == 10 for n in c.experiments
    ]
    found = _names(capsys, "cartpole")
    assert found[:3] == ["dqn_cartpole", "dqn_cartpole_book", "random_cartpole"]
    assert all("cartpole" in name for name in found)
    assert _names(capsys, "cartpole", "BOOK") == ["dqn_cartpole_book"]
    assert {"lenet_mnist", "digits_mlp", "model_parallel"} <= set(_names(capsys, "mnist"))
    assert _names(capsys, "frappe") == ["nfm_apps"]
    assert "list nowhere: no experiment fits" in _refused(capsys, "nowhere")
    assert "did you mean dqn_cartpole?" in _refused(capsys, "dqn_cartpol3")


def test_one_name_tells_everything(capsys):
    lines = _said(capsys, "dqn_cartpole_book")
    assert lines[0].startswith("dqn_cartpole_book: DQN on CartPole-v0 with the book's network")
    assert "claim     score: book 199, optimum 200" in lines
    assert "run       python -m launch dqn_cartpole_book" in lines
    settings = dict(line.split(maxsplit=1) for line in lines if line.startswith("  --"))
    assert settings["--env"] == "CartPole-v0"
    assert settings["--agent.batch-size"] == "20"
    text = " ".join(lines)
    assert "Deviations from the book's listing, each a bug there: one set of indices" in text
    assert not any(line.startswith("data ") for line in lines)
    needing = _said(capsys, "bc_cartpole")
    assert "run       python -m launch bc_cartpole --data FOLDER" in needing


def test_one_job_tells_its_data_and_its_deviations_and_imports_nothing_for_that(capsys, tmp_path):
    text = " ".join(" ".join(_said(capsys, "dbn_bank", "--data-cache", str(tmp_path))).split())
    assert "data bank, real: a download from archive.ics.uci.edu" in text
    assert "Deviations: " in text
    assert max(map(len, _said(capsys, "alexnet_predict"))) <= 95  # a file's name is not cut
    assert "needs bvlc_alexnet.npy" in " ".join(" ".join(_said(capsys, "alexnet_predict")).split())


def test_pictures_are_those_of_the_newest_run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, stamp in enumerate(("20260101", "20260102")):
        folder = tmp_path / "runs" / "tensors" / stamp
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "graph.png").write_text("")
        os.utime(folder / "config.json", (number, number))
    assert "pictures  runs/tensors/20260102/graph.png" in _said(capsys, "tensors")
    assert "docs/images/data_parallel.png" in " ".join(_said(capsys, "data_parallel"))


def test_json_has_everything(capsys):
    found = json.loads("\n".join(_said(capsys, "--json", "--kind", "rl")))
    assert found["dqn_cartpole"]["config"]["agent"]["_type"] == "dqn"
    assert found["dqn_cartpole_book"]["claim"]["book"] == 199.0
    assert "tensors" not in found
    found = json.loads("\n".join(_said(capsys, "--json", "nfm_apps")))
    assert found["nfm_apps"]["data_sets"] == {"frappe": "by hand"}
