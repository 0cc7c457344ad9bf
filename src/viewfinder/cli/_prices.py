"""What DetectLabels calls cost, by a dated table of list prices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars per 1,000 calls, in tiers of the calls of a month; each tier with its upper end, None for no end."""

    date: str
    tiers: tuple[tuple[int | None, float], ...]

    def dollars(self, calls: int) -> float:
        """Gives the price of the month's first calls: what came before is not known here, so it is never too low."""
        total, start = 0.0, 0
        for end, per_thousand in self.tiers:
            inside = max(0, (calls if end is None else min(calls, end)) - start)
            total += inside * per_thousand / 1000
            start = calls if end is None else end
        return round(total, 4)

    def affordable_calls(self, dollars: float) -> int:
        """Gives the most calls that cost no more than that."""
        fewest, most = 0, int(dollars * 1000 / min(per_thousand for _, per_thousand in self.tiers)) + 1
        while most - fewest > 1:
            middle = (fewest + most) // 2
            fewest, most = (middle, most) if self.dollars(middle) <= dollars else (fewest, middle)
        return fewest


def list_prices() -> Prices:
    """Reads the table that comes with the package."""
    table = json.loads(resources.files("viewfinder.cli").joinpath("rekognition_prices.json").read_text())
    tiers = tuple((tier["UpToCalls"], tier["DollarsPer1000"]) for tier in table["Tiers"])
    return Prices(table["Date"], tiers)
