# SPDX-License-Identifier: LGPL-2.1-or-later
"""The figures, for people and for programs."""

from dataclasses import dataclass, field
from typing import Any

_CLIENTS = ("sonde", "loop", "gdb")


@dataclass(frozen=True)
class _Line:
    name: str
    texts: dict[str, str]               # by client
    speed: float | None                 # sonde's, where the loop's is 1
    ratios: dict[str, list[float]]      # sonde's speed beside another's, by round
    value: float | None                 # what was judged
    bar: str
    verdict: str                        # PASS, MISS, or "" for information


@dataclass
class Report:
    """Lines in the order in which they were measured."""
    _lines: list[_Line] = field(default_factory=list)

    def inform(self, name: str, texts: dict[str, str], speed: float | None = None,
               ratios: dict[str, list[float]] | None = None) -> None:
        """A figure that is held against no bar."""
        self._lines.append(_Line(name, texts, speed, ratios or {}, None, "", ""))

    def judge(self, name: str, texts: dict[str, str], value: float, passed: bool, bar: str,
              speed: float | None = None,
              ratios: dict[str, list[float]] | None = None) -> None:
        """A figure that has to meet BAR."""
        self._lines.append(_Line(name, texts, speed, ratios or {}, value, bar,
                                 "PASS" if passed else "MISS"))

    def passed(self) -> bool:
        return all(line.verdict != "MISS" for line in self._lines)

    def table(self) -> str:
        """Figures are medians; "speed" is the median of sonde's speed by the loop's."""
        rows = [("", *_CLIENTS, "speed", "bar", "")]
        for line in self._lines:
            speed = "" if line.speed is None else f"{line.speed:.3f}"
            rows.append((line.name, *(line.texts.get(name, "") for name in _CLIENTS),
                         speed, line.bar, line.verdict))
        widths = [max(map(len, column)) for column in zip(*rows)]
        return "\n".join("  ".join(cell.ljust(width) if i in (0, 5, 6) else cell.rjust(width)
                                   for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
                         for row in rows)

    def to_json(self) -> dict[str, Any]:
        return {"passed": self.passed(), "lines": [
            {"name": line.name, "figures": line.texts, "speed": line.speed,
             "value": line.value, "bar": line.bar or None, "verdict": line.verdict or None,
             "ratios": line.ratios} for line in self._lines]}
