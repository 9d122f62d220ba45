"""A job's context with worker groups in this process."""

from typing import Any

from supervised.datasets.source import Source
from tests.supervised.core.sharing.groups import LocalGroup, local_group
from tests.supervised.recorder import Recorder


class Shared(Recorder):
    """`kills` names, by what members are, the calls before which one is made anew."""

    def __init__(self, workers: int, servers: int = 1, **kills: Any):
        super().__init__(source=Source(want="synthetic"))
        self.workers, self.servers, self.kills = workers, servers, kills
        self.groups: list[LocalGroup] = []

    def worker_group(self, kind, *arguments, count, name, reserve):
        kills = self.kills.get(name.replace(" ", "_"), ())
        self.groups.append(local_group(kind, arguments, count, kills))
        return self.groups[-1]
