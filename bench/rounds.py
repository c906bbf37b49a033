# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measuring several clients side by side on a machine that others use, too.

All clients take one turn a round, in an order that chance gives. A client's figure of
a round is the median of its batches, or the best one. Two clients are compared by
the median, over the rounds, of the ratio within each round: what slows the machine
for a while slows both.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Callable

from clients import Client, Figures


@dataclass(frozen=True)
class Rounds:
    """Seconds a batch, and everything that was printed, by client and round."""
    seconds: dict[str, list[float]]
    figures: dict[str, list[Figures]]

    def median(self, client: str) -> float:
        """Seconds a batch of CLIENT."""
        return median(self.seconds[client])

    def ratios(self, client: str, other: str) -> list[float]:
        """How many times as fast as OTHER each round had CLIENT."""
        return [theirs / ours for ours, theirs
                in zip(self.seconds[client], self.seconds[other])]

    def speed(self, client: str, other: str) -> float:
        """How many times as fast as OTHER CLIENT is."""
        return median(self.ratios(client, other))

    def fastest(self, *clients: str) -> str:
        """The one of CLIENTS with the least median."""
        return min(clients, key=self.median)


def interleave(clients: dict[str, Client], socket: Path, rounds: int, figure: str = "batch",
               pick: Callable[[list[float]], float] = median) -> Rounds:
    """Let CLIENTS work on the stub at SOCKET in turns; FIGURE names what counts, and PICK
    makes one of a round's batches: the best one, min, where all batches do the same and
    differ by what others did to the machine alone."""
    result = Rounds({name: [] for name in clients}, {name: [] for name in clients})
    chance = random.Random(rounds)
    for _ in range(rounds):
        for name in chance.sample(list(clients), len(clients)):
            figures = clients[name](socket)
            result.figures[name].append(figures)
            result.seconds[name].append(pick(figures[figure]))
    return result


def paired(client: Client, socket: Path, rounds: int) -> Rounds:
    """Let CLIENT, in which sonde and the bare loop take turns on one socket, run so often.
    Two batches that follow each other count as a round."""
    result = Rounds({"sonde": [], "loop": []}, {"sonde": [], "loop": []})
    for _ in range(rounds):
        figures = client(socket)
        result.figures["sonde"].append(figures)
        result.seconds["sonde"] += figures["batch"]
        result.seconds["loop"] += figures["bare"]
    return result
