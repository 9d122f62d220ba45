"""Style transfer (chapter 4)."""

from dataclasses import replace

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.core.settings import OptimizerConfig
from supervised.style.configs import StyleConfig

_CLAIM = Claim(
    metric="cost_fall",
    book=8.14037e11 / 5.41755e8,
    note="chapter 4, cost at step 0 over that at step 1,000; its style layers are not printed, so "
    "costs are not comparable",
)

EXPERIMENTS: dict[str, Experiment] = {
    "style_transfer": Experiment(
        summary="Style transfer with VGG-19",
        about="Style transfer with VGG-19 and the book's weights of content and style",
        config=SupervisedConfig(job=StyleConfig()),
        claim=_CLAIM,
        cost="not measured",
        needs="vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    ),
    "style_transfer_squeezenet": Experiment(
        summary="Style transfer with SqueezeNet",
        about="Style transfer with SqueezeNet, and so much weight on the content that it is seen",
        config=SupervisedConfig(
            job=StyleConfig(
                network="squeezenet",
                optimizer=OptimizerConfig(learning_rate=6.0, schedule="cosine"),
                content_weight=300.0,
                variation_weight=100.0,
            )
        ),
        claim=replace(
            _CLAIM,
            note=f"{_CLAIM.note}; a cost that is mostly content falls less than one of style",
        ),
        cost="76 s",
    ),
}
