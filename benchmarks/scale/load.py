"""What a number of images asks of the pipeline: calls a second, functions at once, age of the queue, cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viewfinder.operations.cost import Usage, estimate

SECONDS_A_YEAR = 365 * 86_400
PEAK = 4
"""The busiest hour beside the mean: people upload in the evening."""

DETECTOR_SECONDS = 0.4
"""A DetectLabels call of a photo; the image function's own work comes on top."""

OWN_SECONDS = 0.15
THREADS = 4
DYNAMODB_DOLLARS_PER_GB = 0.25
"""A month of DynamoDB standard storage in us-east-1 (Amazon DynamoDB pricing page)."""


@dataclass(frozen=True)
class Settings:
    """What an operator can turn."""

    concurrency: int = 5
    quota: int = 50
    """DetectLabels calls a second that AWS allows."""

    @property
    def per_second(self) -> float:
        """Images a second that get through: as the functions can, and as the quota lets them."""
        return min(self.concurrency * THREADS / (DETECTOR_SECONDS + OWN_SECONDS), self.quota)


def mean_rate(images: int) -> float:
    """Return images a second where they come in over a year."""
    return images / SECONDS_A_YEAR


def concurrency_for(per_second: float) -> int:
    """Return the image functions at once that this rate takes."""
    return max(2, math.ceil(per_second * (DETECTOR_SECONDS + OWN_SECONDS) / THREADS))


def day(mean: float) -> list[float]:
    """Return the rate of each minute of a day: the busiest has PEAK times the mean, the night next to nothing."""
    shape = [(0.5 - 0.5 * math.cos(2 * math.pi * minute / 1440)) ** SHARPNESS for minute in range(1440)]
    scale = mean / (sum(shape) / len(shape))
    return [scale * value for value in shape]


SHARPNESS = 4.9
"""Makes the peak of `day` PEAK times its mean (a test holds it to that)."""


def oldest_minutes(arrivals: list[float], per_second: float, burst: float = 0.0) -> float:
    """Return the age of the queue's oldest message at its worst, in minutes, `burst` images arriving at once at first.

    A fluid: what is not served in a minute waits; the oldest has waited as long as it takes to serve all before it.
    """
    backlog, worst = burst, burst / per_second / 60
    for rate in arrivals:
        backlog = max(0.0, backlog + 60 * (rate - per_second))
        worst = max(worst, backlog / per_second / 60)
    return worst


def monthly_dollars(images: int, catalog_gigabytes: float) -> dict[str, float]:
    """Return a month's cost by service: a twelfth of the images is new, all of them are stored."""
    new = images // 12
    found = estimate(Usage(new, megabytes=3.0 * 12, api_calls=new // 10), "us-east-1")
    dollars: dict[str, float] = {}
    for line in found.lines:
        dollars[line.service] = dollars.get(line.service, 0.0) + line.dollars
    dollars["DynamoDB"] += catalog_gigabytes * DYNAMODB_DOLLARS_PER_GB
    return {service: round(value, 2) for service, value in dollars.items()}
