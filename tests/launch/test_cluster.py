import pytest

from common.errors import UsageError
from common.ranges import split
from launch.cluster.capacity import cpu_share, fits


@pytest.mark.parametrize(
    ("nodes", "workers", "share"),
    [
        ([4.0], 2, 1.0),
        ([2.0], 4, 0.5),
        ([1.0], 3, 0.3333),
        ([1.0, 1.0], 3, 0.5),  # two thirds of a CPU would leave the third worker without a node
        ([8.0, 0.0], 8, 1.0),
        ([3.0], 2, 1.0),
        ([2.0, 1.0], 4, 0.6666),
    ],
)
def test_workers_share_cores_only_as_far_as_they_must(nodes, workers, share):
    assert cpu_share(nodes, workers) == pytest.approx(share)


def test_a_cluster_without_cpus_is_refused():
    with pytest.raises(UsageError, match="no CPU"):
        cpu_share([0.0], 1)


@pytest.mark.parametrize(
    ("nodes", "wanted", "possible"),
    [
        ([2.0], [1.0, 0.5, 0.5], True),
        ([2.0], [0.5, 0.75, 0.75], True),
        ([1.0, 1.0], [0.5, 0.75, 0.75], False),  # two GPUs' worth, in pieces that are too small
        ([1.0, 1.0], [2.0], False),
        ([0.0], [0.0, 0.0], True),
        ([], [0.1], False),
    ],
)
def test_gpus_must_fit_on_single_nodes(nodes, wanted, possible):
    assert fits(nodes, wanted) == possible


def test_split_covers_everything_in_order():
    assert split(7, 3) == [range(2), range(2, 4), range(4, 7)]
    assert split(2, 4) == [range(1), range(1, 2)]
