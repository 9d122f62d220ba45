"""What TensorBoard shows, in its own messages; none of it needs TensorFlow."""

# Its messages are made at run time, where no type checker sees them.
# pyright: reportAttributeAccessIssue=false

import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from tensorboard.compat.proto import types_pb2
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layouts
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2, summary_v2
from tensorboard.plugins.hparams import metadata as hparams
from tensorboard.util import tensor_util

_BUCKETS = 30
_RGBA = 4  # TensorBoard's number for it


def scalars(values: Mapping[str, float]) -> Summary:
    """A point of each series in `values`."""
    points = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
    return Summary(value=points)


def histograms(values: Mapping[str, np.ndarray]) -> Summary:
    """The distribution of the numbers of each array in `values` that has any."""
    found = {tag: np.asarray(value, np.float64).ravel() for tag, value in values.items()}
    return Summary(
        value=[
            Summary.Value(tag=tag, histo=_histogram(value))
            for tag, value in found.items()
            if value.size
        ]
    )


def _histogram(values: np.ndarray) -> HistogramProto:
    """The distribution of values [N] in equal buckets."""
    counts, edges = np.histogram(values, bins=_BUCKETS)
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=values.size,
        sum=values.sum(),
        sum_squares=np.square(values).sum(),
        bucket_limit=edges[1:],
        bucket=counts,
    )


def image(tag: str, png: bytes) -> Summary:
    """A PNG file."""
    width, height = struct.unpack(">II", png[16:24])  # of the header, which is always first
    shown = Summary.Image(width=width, height=height, colorspace=_RGBA, encoded_image_string=png)
    return Summary(value=[Summary.Value(tag=tag, image=shown)])


def layout(title: str, charts: Mapping[str, str]) -> Summary:
    """A group of charts among the custom scalars.

    Args:
        title: Of the group.
        charts: Regular expression of the names of each chart's series, by the chart's title.
    """
    found = layout_pb2.Layout()
    group = found.category.add(title=title)
    for name, tags in charts.items():
        group.chart.add(title=name, multiline=layout_pb2.MultilineChartContent(tag=[tags]))
    tensor = tensor_util.make_tensor_proto(found.SerializeToString(), types_pb2.DT_STRING)
    value = Summary.Value(
        tag=layouts.CONFIG_SUMMARY_TAG, metadata=layouts.create_summary_metadata(), tensor=tensor
    )
    return Summary(value=[value])


def settings(values: Mapping[str, Any], seconds: float) -> Summary:
    """A finished run's line in the HParams tab, where the columns of all runs come together.

    TensorBoard takes every series as one of its metrics where no run says which ones are: the runs
    of a folder are of many experiments, and it would believe the first of them.

    Args:
        values: The settings, nested as in `config.json`.
        seconds: How long the run took.
    """
    now = time.time()
    began = summary_v2.hparams_pb(dict(flat(values)), start_time_secs=now - seconds)
    ended = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=now)
    about = plugin_data_pb2.HParamsPluginData(session_end_info=ended)
    began.value.add(
        tag=hparams.SESSION_END_INFO_TAG,
        metadata=hparams.create_summary_metadata(about),
        tensor=hparams.NULL_TENSOR,
    )
    return began


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, bool | float | str]:
    """Nested settings by their flags' names, `agent.epsilon.end`; those that are None left out.

    The name of a class stands under the name of its field: `agent`.
    """
    found: dict[str, bool | float | str] = {}
    for key, value in values.items():
        name = prefix if key == "_type" else f"{prefix}.{key}".lstrip(".")
        if isinstance(value, Mapping):
            found |= flat(value, name)
        elif isinstance(value, bool | int | float | str):
            found[name] = value
        elif value is not None:
            found[name] = ", ".join(map(str, value))
    return found
