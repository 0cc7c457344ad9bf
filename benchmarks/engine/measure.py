"""Measures the engine beside a bare loop in one run, and prints every ratio that the project promises.

Usage: python -m benchmarks.engine.measure [--photos DIR] [--images 5000] [--seconds 2]

Latencies are medians of interleaved rounds, so that a busy machine slows both sides alike.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.engine.bare_loop import BareLoop, decode, throughput
from benchmarks.engine.server_process import Client, ServerProcess, body_of, running_server
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples"
CLIENTS = 8
STARTS = 5
ROUNDS, WARM_UPS = 120, 5
CHOICES, TURNS = 3, 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=SAMPLES, help="folder of JPEG photos")
    parser.add_argument("--images", type=int, default=5000, help="images sent to see that memory is flat")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn of the throughput measurement")
    options = parser.parse_args()
    contents = [path.read_bytes() for path in sorted(options.photos.glob("*.jpg"))]
    measure_start()
    with running_server() as server:
        measure_latency(server, contents)
        measure_throughput(server, contents, options.seconds)
        measure_memory(server, contents, options.images)


def measure_start() -> None:
    seconds = []
    for _ in range(STARTS):
        with running_server() as server:
            seconds.append(server.started_in)
    report("start to the first answer", statistics.median(seconds), "s", 1.5)


def measure_latency(server: ServerProcess, contents: list[bytes]) -> None:
    engine, client = LabelEngine.load(Settings()), Client(server.port)
    bodies = [body_of(content) for content in contents]
    ways: dict[str, Callable[[int], object]] = {
        "engine": lambda index: engine.detect_labels(contents[index], Request()),
        "server": lambda index: client.call(bodies[index]),
        **bare_ways(contents),
    }
    seconds = interleaved(ways, len(contents))
    medians = {name: statistics.median(values) * 1000 for name, values in seconds.items()}
    print("milliseconds an image:", {name: round(value, 1) for name, value in medians.items()})
    best = min(value for name, value in medians.items() if name.startswith("bare"))
    report("engine / best bare loop, time per image", medians["engine"] / best, "x", 1.15)
    added = [(server - engine) * 1000 for server, engine in zip(seconds["server"], seconds["engine"], strict=True)]
    report("server's overhead on loopback", statistics.median(added), "ms", 4.0)


def bare_ways(contents: list[bytes]) -> dict[str, Callable[[int], object]]:
    """Return the bare loops: one network after the other with 1 or 2 threads, or side by side with 1 each."""
    one, two, beside = BareLoop(1), BareLoop(2), ThreadPoolExecutor(1)

    def side_by_side(index: int) -> None:
        picture = decode(contents[index])
        other = beside.submit(one.classify, picture)
        one.detect(picture)
        other.result()

    return {
        "bare, 1 thread": lambda index: one.look(contents[index]),
        "bare, 2 threads": lambda index: two.look(contents[index]),
        "bare, side by side": side_by_side,
    }


def interleaved(ways: dict[str, Callable[[int], object]], photos: int) -> dict[str, list[float]]:
    """Return the seconds of each way in each round; a round runs all of them on one photo, in an order of its own."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    order = random.Random(0)
    for turn in range(ROUNDS + WARM_UPS):
        for name in order.sample(list(ways), len(ways)):
            started = time.perf_counter()
            ways[name](turn % photos)
            seconds[name].append(time.perf_counter() - started)
    return {name: values[WARM_UPS:] for name, values in seconds.items()}


def measure_throughput(server: ServerProcess, contents: list[bytes], seconds: float) -> None:
    """Set the server beside the fastest bare loop in turns, so that a busy machine slows both alike."""
    threads, inner, look = fastest_bare_loop(contents)
    ratios, bare, served = [], [], []
    for _ in range(TURNS):
        bare.append(throughput(look, contents, threads, seconds))
        served.append(serve_throughput(server, contents, seconds))
        ratios.append(served[-1] / bare[-1])
    rates = f"bare {statistics.median(bare):.1f} with {threads} threads of {inner}"
    print(f"images a second: {rates}, {CLIENTS} clients {statistics.median(served):.1f}")
    print(f"their ratio, turn by turn: {min(ratios):.2f} to {max(ratios):.2f}")
    report(f"{CLIENTS} clients / best bare loop, throughput", statistics.median(ratios), "x", 0.9, least=True)


def fastest_bare_loop(contents: list[bytes]) -> tuple[int, int, Callable[[bytes], object]]:
    """Return the best setting of threads, threads inside of a run, and its loop.

    It is chosen in turns of its own: judged by the same turns, the luckiest of ten settings would stand for the best.
    """
    loops = {1: BareLoop(1), 2: BareLoop(2)}
    rates: dict[tuple[int, int], list[float]] = {}
    for _ in range(CHOICES):
        for threads, inner in itertools.product((1, 2, 3, 4, CLIENTS), loops):
            rates.setdefault((threads, inner), []).append(throughput(loops[inner].look, contents, threads, 1.0))
    threads, inner = max(rates, key=lambda setting: statistics.median(rates[setting]))
    return threads, inner, loops[inner].look


def serve_throughput(server: ServerProcess, contents: list[bytes], seconds: float) -> float:
    bodies, clients = [body_of(content) for content in contents], threading.local()

    def call(body: bytes) -> None:
        if not hasattr(clients, "own"):
            clients.own = Client(server.port)
        clients.own.call(body)

    return throughput(call, bodies, CLIENTS, seconds)


def measure_memory(server: ServerProcess, contents: list[bytes], images: int) -> None:
    bodies = [body_of(content) for content in contents]
    before = server.memory()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(
            pool.map(
                lambda client: send(client, bodies, images // CLIENTS), [Client(server.port) for _ in range(CLIENTS)]
            )
        )
    after = server.memory()
    report("memory at its peak", after["peak"], "MB", 250)
    report(f"memory grown over {images} images", after["now"] - before["now"], "MB", 15)


def send(client: Client, bodies: list[bytes], images: int) -> None:
    for index in range(images):
        client.call(bodies[index % len(bodies)])


def report(what: str, value: float, unit: str, limit: float, *, least: bool = False) -> None:
    kept = value >= limit if least else value <= limit
    print(f"{'ok  ' if kept else 'MISS'} {what}: {value:.2f} {unit} ({'>=' if least else '<='} {limit})", flush=True)


if __name__ == "__main__":
    main()
