"""Studies of agents: what is told of them, tested on several seeds."""

from launch.experiments.study import Rows, Study, StudyVariant, ahead, told


def _on_and_off_policy(rows: Rows) -> str:
    """Which of the two gets more while it explores, and which greedily."""
    said = []
    for when, score in (("While they explore", "training"), ("Greedily", "final")):
        means = ", ".join(f"{name} {told(row, score)}" for name, row in rows.items())
        said.append(f"{when}, {ahead(rows, score, *rows)}: {means}.")
    return f"{' '.join(said)} The optimum is {rows['SARSA']['optimum']:.4g}."


STUDIES: dict[str, Study] = {
    "sarsa_against_q": Study(
        summary="On- against off-policy at the cliff's edge",
        claim="SARSA gets more than Q-learning while both explore, and less without exploration.",
        variants={
            "Q-learning": StudyVariant(experiment="q_cliff"),
            "SARSA": StudyVariant(experiment="sarsa_cliff"),
        },
        seeds="0-4",
        shows=_on_and_off_policy,
        panels=("training", "evaluation"),
        cost="30 s",
    ),
}
