"""Studies: that their commands parse, and that their sentences follow from the figures."""

import contextlib
import re

import pytest

from launch.cli import main
from launch.commands import run as runs
from launch.experiments import catalog
from launch.reports import curves
from launch.sweeps import axes

TINY = ("--env-steps", "64", "--seeds", "0", "--workers", "0", "--evaluation.episodes", "2")


def _rows(finals, *, optimum=None, half=0.01, **others):
    """Made-up rows: finals, and other fields, by the names of variants."""
    return {
        name: {
            "final": final,
            "final_half_width": half,
            "optimum": optimum(name) if callable(optimum) else optimum,
            **{field: values[name] for field, values in others.items()},
        }
        for name, final in finals.items()
    }


def _finals(name, final):
    """A final score for each variant of a study, by a function of its name."""
    return {variant: final(variant) for variant in catalog.STUDIES[name].variants}


@pytest.mark.parametrize("name", catalog.STUDIES)
def test_the_variants_of_a_study_parse_and_differ(name):
    study = catalog.STUDIES[name]
    configs = []
    for variant in study.variants.values():
        flags = axes.flags(catalog.get(variant.experiment).config, variant.settings)
        commands = runs.commands_of(study.experiments, flags)
        configs.append(commands[variant.experiment].config)
    assert all(configs.count(config) == 1 for config in configs)
    assert study.claim.endswith(".")


def _of_exploration(good):
    def optimum(name):
        return 0.74 if name.startswith("lake") else 0.99

    finals = _finals("exploration", lambda name: optimum(name) if good(name) else 0.1)
    return catalog.STUDIES["exploration"].shows(_rows(finals, optimum=optimum))


def test_exploitation_gets_stuck_where_it_stays_below_the_optimum():
    said = _of_exploration(lambda name: "ε 0" not in name.split(", ") and "DQN" not in name)
    assert said.startswith("Pure exploitation gets stuck (lake, sea).")
    assert "not ε 0 (0.1)." in said
    assert "not ε 0 (0.1), DQN (0.1), bootstrapped DQN (0.1)." in said


def test_exploitation_that_finds_the_optimum_is_not_stuck():
    said = _of_exploration(lambda name: True)
    assert said.startswith("Pure exploitation does not get stuck.")
    assert said.count("not nobody") == 2


def test_the_least_discount_near_the_optimum_is_told():
    def optimum(name):
        return 0.74 if name.startswith("lake") else 0.99

    def final(name):
        return optimum(name) if float(name.split()[-1]) >= 0.8 else 0.25

    shows = catalog.STUDIES["discounts"].shows
    said = shows(_rows(_finals("discounts", final), optimum=optimum))
    assert "In the lake γ 0.8 is the least" in said
    assert "with γ 0.5 the agent gets 0.25." in said
    nobody = shows(_rows(_finals("discounts", lambda name: 0.0), optimum=optimum))
    assert "In the sea no γ is the least" in nobody


@pytest.mark.parametrize(
    ("learned", "said"),
    [
        (64_000, "Learning takes 32 times the backups of the slowest planning."),
        (1_000, "policy iteration takes the most backups."),
    ],
)
def test_backups_of_planning_and_learning_are_compared(learned, said):
    steps = {
        "value iteration": 1_000,
        "policy iteration": 2_000,
        "policy iteration to 0.001": 500,
        "Q-learning": learned,
    }
    runs = {"finished": dict.fromkeys(steps, 3), "solved": dict.fromkeys(steps, 3)}
    rows = _rows(_finals("planning", lambda name: 0.74), env_steps=steps, **runs)
    shown = catalog.STUDIES["planning"].shows(rows)
    assert shown.startswith(said)
    assert "value iteration 1,000" in shown
    runs["solved"]["Q-learning"] = 1
    rows = _rows(_finals("planning", lambda name: 0.74), env_steps=steps, **runs)
    shown = catalog.STUDIES["planning"].shows(rows)
    assert shown.startswith("Backups of a state until an evaluation has 0.7: value iteration 1,000")
    assert shown.endswith("Q-learning never, in 2 of 3 runs.")


def test_replay_is_compared_with_the_newest_steps():
    shows = catalog.STUDIES["replay"].shows
    better = shows(_rows(_finals("replay", lambda n: 400.0 if "20,000" in n else 100.0)))
    assert better.startswith(
        "With target network, replay of 20,000, target network gets more: "
        "replay of 20,000, target network 400, newest 64, target network 100."
    )
    worse = shows(_rows(_finals("replay", lambda n: 100.0 if "20,000" in n else 400.0)))
    assert worse.startswith("With target network, newest 64, target network gets more")
    assert worse.count("neither gets more than chance explains") == 1  # of the target network


def test_actions_as_input_are_compared_with_all_at_once():
    shows = catalog.STUDIES["q_of_action"].shows
    rows = {"all actions at once": 300.0, "action as input": 450.0}
    assert "action as input gets more" in shows(_rows(rows))
    assert "all actions at once gets more" in shows(_rows({**rows, "action as input": 100.0}))
    assert "neither gets more" in shows(_rows({**rows, "action as input": 300.0}))


def test_flags_change_all_variants_of_a_study(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(curves, "learning_curve", lambda folder, claim, kept_from: folder)
    flags = ("--evaluation.final-episodes", "2", "--out", str(tmp_path))
    assert main(["planning", *TINY, *flags]) == 0
    said = capsys.readouterr().out
    assert "runs 1/1, env steps 64" in " ".join(said.split())
    assert "has 0.7: value iteration never, in 1 of 1 runs," in " ".join(said.split())
    assert not list(tmp_path.glob("**/policy_map.png"))


def test_help_has_the_values_that_all_variants_share(capsys):
    with contextlib.suppress(SystemExit):
        main(["replay", "--help"])
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().out).split())
    assert re.search(r"--env-steps INT .*? \(default: 50000\)", said)
    assert re.search(r"--num-envs INT .*? \(default: 1\)", said)
    assert "values of their own of --agent.replay-capacity, --agent.target:" in said
