"""Style transfer (chapter 4)."""

from launch.configs import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.style.configs import StyleConfig

EXPERIMENTS: dict[str, Experiment] = {
    "style_transfer": Experiment(
        summary="Paints a picture in the style of another, by the features of a network",
        config=SupervisedConfig(job=StyleConfig()),
        claim=Claim(
            metric="cost_fall",
            book=8.14037e11 / 5.41755e8,
            note="chapter 4, cost at step 0 over that at step 1,000; its style layers are not "
            "printed, so costs are not comparable",
        ),
        cost="TODO",
    ),
}
