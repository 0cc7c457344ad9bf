"""The simulators behind docs/scale.md: what they must show where the answer is known."""

from __future__ import annotations

import pytest

from benchmarks.scale import load
from benchmarks.scale.heat import PARTITION_UNITS, Sizes, simulate
from benchmarks.scale.items import item_bytes

SIZES = Sizes(record=4, posting=1)


def test_sizes_are_whole_kilobytes_rounded_up() -> None:
    assert Sizes.of(3073, 1024) == Sizes(record=4, posting=1)


def test_a_slow_stream_is_never_throttled() -> None:
    heat = simulate(50, 1, SIZES, seconds=5)

    assert (heat.attempts, heat.throttled, heat.written) == (250, 0, 250)


def test_one_listing_shard_writes_what_one_partition_takes() -> None:
    heat = simulate(2 * PARTITION_UNITS, 1, SIZES, seconds=1)

    assert heat.written == PARTITION_UNITS // SIZES.record
    assert heat.written + heat.throttled == heat.attempts == 2 * PARTITION_UNITS
    assert heat.blamed is not None
    assert heat.blamed["listing"] > 0


def test_what_is_throttled_comes_again_and_nothing_is_lost() -> None:
    calm, burst = simulate(200, 1, SIZES, seconds=3), simulate(300, 1, SIZES, seconds=3)

    assert calm.written == 600
    assert burst.written == 3 * PARTITION_UNITS // SIZES.record
    assert burst.throttled == 50 + 100 + 150  # the excess of each second, again and again


def test_eight_shards_write_eight_times_as_much() -> None:
    one, eight = (simulate(4000, shards, SIZES, seconds=1).written for shards in (1, 8))

    assert (one, eight) == (250, 2000)


def test_an_item_counts_as_dynamodb_counts_it() -> None:
    item = {
        "Name": {"S": "é"},
        "Number": {"N": "98.7654"},
        "List": {"L": [{"S": "ab"}]},
        "Map": {"M": {"k": {"N": "1"}}},
    }

    assert item_bytes(item) == (4 + 2) + (6 + 4) + (4 + 3 + 1 + 2) + (3 + 3 + 1 + 1 + 2)


def test_a_day_has_the_mean_and_the_peak_that_it_is_asked_for() -> None:
    rates = load.day(10.0)

    assert sum(rates) / len(rates) == pytest.approx(10.0)
    assert max(rates) == pytest.approx(load.PEAK * 10.0, rel=0.02)


def test_the_queue_grows_old_only_where_more_comes_than_is_served() -> None:
    assert load.oldest_minutes([5.0] * 60, 10.0) == 0
    assert load.oldest_minutes([20.0] * 60, 10.0) == pytest.approx(60)  # an hour's excess takes an hour
    assert load.oldest_minutes([0.0], 10.0, burst=6000) == pytest.approx(10)


def test_the_quota_caps_what_more_functions_would_do() -> None:
    settings = load.Settings(concurrency=1000, quota=50)

    assert settings.per_second == 50


def test_concurrency_serves_the_rate_it_is_asked_for() -> None:
    for rate in (1.0, 50.0, 1268.0):
        assert load.Settings(concurrency=load.concurrency_for(rate), quota=10_000).per_second >= rate
