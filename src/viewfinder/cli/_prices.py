"""What detector calls cost, by the dated table of list prices that `viewfinder cost` reads."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from viewfinder.deployment.cost import detector_dollars

_ELSEWHERE = "us-east-1"


def dollars(calls: int, region: str | None = None) -> float:
    """Gives the price of a month's first calls: what came before is not known here, so it is never too low."""
    return round(detector_dollars(calls, _prices(region)), 4)


def affordable_calls(limit: float, region: str | None = None) -> int:
    """Gives the most calls that cost no more dollars than that."""
    cheapest = min(per_thousand for _, per_thousand in _prices(region)["DetectLabelsPer1000"])
    fewest, most = 0, int(limit * 1000 / cheapest) + 1
    while most - fewest > 1:
        middle = (fewest + most) // 2
        fewest, most = (middle, most) if dollars(middle, region) <= limit else (fewest, middle)
    return fewest


def _prices(region: str | None) -> dict[str, Any]:
    """Gives a region's prices, those of us-east-1 for a region that the table lacks."""
    table = json.loads(resources.files("viewfinder.deployment").joinpath("prices.json").read_text())
    regions: dict[str, dict[str, Any]] = table["Regions"]
    return regions.get(region or _ELSEWHERE, regions[_ELSEWHERE])
