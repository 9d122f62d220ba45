"""A job's context with crews in this process."""

from typing import Any

from supervised.datasets.source import Source
from tests.supervised.core.sharing.groups import LocalCrew, crew
from tests.supervised.recorder import Recorder


class Shared(Recorder):
    """`kills` names, by what members are, the calls before which one is made anew."""

    def __init__(self, workers: int, servers: int = 1, **kills: Any):
        super().__init__(source=Source(want="synthetic"))
        self.workers, self.servers, self.kills = workers, servers, kills
        self.crews: list[LocalCrew] = []

    def crew(self, kind, *arguments, count, name, reserve):
        kills = self.kills.get(name.replace(" ", "_"), ())
        self.crews.append(crew(kind, arguments, count, kills))
        return self.crews[-1]
