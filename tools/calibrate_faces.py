"""Measure what similarities of faces are worth, on photos of known people and on pairs of strangers.

    python tools/calibrate_faces.py [--people FOLDER] [--strangers FOLDER] [--eval FOLDER] [--plot FILE] [--mean FILE]

True pairs: 46 faces of 10 people, from the sdist of face_recognition 1.3.0 on PyPI and justadudewhohacks/face-api.js.
False pairs: all pairs of faces of strangers, in the photos of COCO and VOC in ../shared/eval, and in those of
EliSchwartz/imagenet-sample-images, whose mean face is the one in the package. What is not named by an option is
downloaded into the user's cache folder, outside the repository. All of it is for evaluation only.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.faces.detector import FaceDetector
from viewfinder.rekognition.faces.engine import DETAIL, Descriptor
from viewfinder.rekognition.faces.matching import caution_of, farthest_at, mean_face, unit
from viewfinder.rekognition.pictures import read_picture

Floats = NDArray[np.float32]

CACHE = platformdirs.user_cache_path("viewfinder") / "faces-for-evaluation"
REPOSITORIES = {
    "face-api.js": "https://github.com/justadudewhohacks/face-api.js",
    "imagenet-sample-images": "https://github.com/EliSchwartz/imagenet-sample-images",
}
SDIST = "face_recognition-1.3.0"
LEAST_PIXELS = 10
"""Pixels between the eyes of the strangers that count."""

SIZES = (10, 12, 15, 20, 30)
LINE = "|---|---|---|---|---|---|"
THRESHOLDS = (50, 80, 90, 95, 99)


@dataclass(frozen=True)
class Sample:
    """A face: who it is, the network's numbers (2, 128) for both views, and the pixels between the eyes."""

    who: str
    numbers: Floats
    eye_distance: float
    photo: str = ""


Distances = Callable[[list[Sample], list[Sample]], Floats]
"""Returns the distances (n, m) of two lists of faces."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, help="a folder with a folder of photos for each person")
    parser.add_argument("--strangers", type=Path, help="a clone of imagenet-sample-images")
    parser.add_argument("--eval", type=Path, default=Path(__file__).parents[2] / "shared" / "eval")
    parser.add_argument("--plot", type=Path, help="PNG of the rates and distances")
    parser.add_argument("--mean", type=Path, help="file for the mean of the strangers' numbers")
    options = parser.parse_args()
    folder = options.people or downloaded_people()
    people = [sample for person in sorted(folder.iterdir()) for sample in of(person)]
    imagenet = strangers((options.strangers or cloned("imagenet-sample-images")).glob("*.JPEG"))
    photos = strangers([*(options.eval / "coco").glob("*.jpg"), *(options.eval / "voc").glob("*.jpg")])
    if options.mean:
        np.save(options.mean, np.mean([sample.numbers.mean(axis=0) for sample in imagenet], axis=0).astype(np.float32))
    print_rates(people, {"COCO and VOC": photos, "ImageNet": imagenet, "all": [*photos, *imagenet]})
    print_users(people, [*photos, *imagenet])
    print_sizes(folder, people)
    if options.plot:
        draw(options.plot, people, photos, imagenet)
    return 0


def downloaded_people() -> Path:
    """Return a folder with a folder for each of the ten people."""
    folder = CACHE / "people"
    if folder.exists():
        return folder
    making = CACHE / "people.part"
    shutil.rmtree(making, ignore_errors=True)
    for photo in sorted((cloned("face-api.js") / "examples" / "images").glob("*/*[0-9].png")):
        copy(photo, making / photo.parent.name)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        str(CACHE),
    ]
    subprocess.run([*pip, SDIST.replace("-", "==")], check=True)
    with tarfile.open(CACHE / f"{SDIST}.tar.gz") as archive:
        archive.extractall(CACHE, filter="data")
    for photo in (CACHE / SDIST / "tests" / "test_images").glob("[bo]*.jpg"):
        copy(photo, making / photo.name.rstrip("23.jpg").split("_")[0])
    return making.rename(folder)


def copy(photo: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(photo, folder)


def cloned(name: str) -> Path:
    """Return a clone of a repository."""
    folder = CACHE / name
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", REPOSITORIES[name], folder], check=True)
    return folder


def of(folder: Path) -> Iterator[Sample]:
    """Yield the largest face of each photo of a person."""
    for photo in sorted(folder.iterdir()):
        yield from [replace(sample, photo=photo.name) for sample in faces(photo, folder.name)][:1]


def strangers(photos: Iterable[Path]) -> list[Sample]:
    """Return the faces of photos on which everybody is another person."""
    found = [sample for photo in sorted(photos) for sample in faces(photo, photo.name)]
    return [sample for sample in found if sample.eye_distance >= LEAST_PIXELS]


def faces(photo: Path, who: str) -> Iterator[Sample]:
    """Yield the faces of a photo, largest first."""
    try:
        picture = read_picture(photo.read_bytes(), max_pixels=32_000_000, detail=DETAIL)
    except EngineError:  # some are smaller than the service takes
        return
    yield from faces_in(picture, who)


def faces_in(picture: Image.Image, who: str) -> Iterator[Sample]:
    for face in FACES.detect(picture):
        yield Sample(who, DESCRIPTOR.numbers(picture, face), face.eye_distance)


FACES, DESCRIPTOR = FaceDetector(), Descriptor()


def plain(ones: list[Sample], others: list[Sample]) -> Floats:
    """Return distances as they were up to 0.2.0: of one view's numbers."""
    return between(*(np.stack([sample.numbers[0] for sample in samples]) for samples in (ones, others)))


def mirrored(ones: list[Sample], others: list[Sample]) -> Floats:
    """Return distances of the means of both views."""
    return between(*(np.stack([sample.numbers.mean(axis=0) for sample in samples]) for samples in (ones, others)))


def centred(ones: list[Sample], others: list[Sample]) -> Floats:
    """Return distances of the directions from the mean face: the engine's, without its caution."""
    return between(
        *(
            unit(np.stack([sample.numbers.mean(axis=0) for sample in samples]) - mean_face())
            for samples in (ones, others)
        )
    )


def engine(ones: list[Sample], others: list[Sample]) -> Floats:
    """Return distances as the engine has them."""
    cautions = [np.array([caution_of(sample.eye_distance) for sample in samples]) for samples in (ones, others)]
    return np.asarray(centred(ones, others) + np.add.outer(*cautions))


WAYS: dict[str, Distances] = {
    "one view (0.2.0)": plain,
    "with the mirror image": mirrored,
    "from the mean face": centred,
    "with caution (the engine)": engine,
}


def between(ones: Floats, others: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(((ones[:, None] - others[None]) ** 2).sum(axis=2), 0)))


def pairs(samples: list[Sample], way: Distances, *, same: bool) -> Floats:
    """Return the sorted distances of all pairs of the same person, or of different people."""
    first, second = np.triu_indices(len(samples), 1)
    who = np.array([sample.who for sample in samples])
    chosen = (who[first] == who[second]) == same if same else np.ones(len(first), dtype=bool)
    return np.asarray(np.sort(way(samples, samples)[first[chosen], second[chosen]]))


def print_rates(people: list[Sample], sets: dict[str, list[Sample]]) -> None:
    true = {way: pairs(people, distances, same=True) for way, distances in WAYS.items()}
    names = len({sample.who for sample in people})
    print(f"{len(people)} faces of {names} people: {len(true['one view (0.2.0)'])} true pairs\n")
    print(f"True pairs found at a share of false pairs:\n| strangers | way | 0.06 % | 0.1 % | 0.27 % | 0.5 % |\n{LINE}")
    for name, samples in sets.items():
        for way, distances in WAYS.items():
            false = pairs(samples, distances, same=False)
            bounds = [false[int(share * len(false))] for share in (0.0006, 0.001, 0.0027, 0.005)]
            print(
                f"| {name}, {len(false)} pairs | {way} |", *(f"{(true[way] < bound).mean():.2f} |" for bound in bounds)
            )
    print(
        "\n| similarity | distance | true pairs |",
        *(f"{name} |" for name in sets),
        "\n|---|---|---|" + "---|" * len(sets),
    )
    for threshold in THRESHOLDS:
        bound = farthest_at(threshold)
        shares = [(pairs(samples, engine, same=False) <= bound).mean() for samples in sets.values()]
        found = (true["with caution (the engine)"] <= bound).mean()
        print(f"| {threshold} | {bound:.3f} | {found:.3f} |", *(f"{100 * share:.3f} % |" for share in shares))


def print_users(people: list[Sample], others: list[Sample]) -> None:
    """Print how often a user is right and wrong: the mean of some faces of a person, beside each other one."""
    vectors, strange = (
        unit(np.stack([sample.numbers.mean(axis=0) for sample in samples]) - mean_face())
        for samples in (people, others)
    )
    who = np.array([sample.who for sample in people])
    cautions = np.array([caution_of(sample.eye_distance) for sample in others])
    print("\n| faces of a user | threshold | its other faces found | strangers and other people |\n|---|---|---|---|")
    for count in (2, 4):
        true, false = [], []
        for index, name in enumerate(who):
            known = [other for other in np.flatnonzero(who == name) if other != index][:count]
            if len(known) == count:
                user = unit(vectors[known].mean(axis=0))
                true.append(np.linalg.norm(vectors[index] - user))
                false += [*np.linalg.norm(strange - user, axis=1) + cautions]
                false += [*np.linalg.norm(vectors[who != name] - user, axis=1)]
        for threshold in (80, 99):
            found, wrong = ((np.array(values) <= farthest_at(threshold)).mean() for values in (true, false))
            print(f"| {count} | {threshold} | {found:.3f} | {100 * wrong:.4f} % |")


def print_sizes(folder: Path, people: list[Sample]) -> None:
    """Print how many true pairs are found where the photo of one face is so small."""
    print("\n| pixels between the eyes of one face | found at 80 | at 99 |\n|---|---|---|")
    for pixels in SIZES:
        small = [sample for person in sorted(folder.iterdir()) for sample in shrunk(person, people, pixels)]
        true = np.array([one.who == other.who and one.photo != other.photo for one in people for other in small])
        distances = engine(people, small).reshape(-1)[true]
        found = [f"{(distances <= farthest_at(threshold)).mean():.2f} |" for threshold in (80, 99)]
        print(f"| {pixels} |", *found)


def shrunk(folder: Path, people: list[Sample], pixels: float) -> Iterator[Sample]:
    """Yield a person's faces from photos that are made smaller, on a grey ground."""
    for sample in (sample for sample in people if sample.who == folder.name):
        picture = read_picture((folder / sample.photo).read_bytes(), max_pixels=32_000_000, detail=DETAIL)
        small = picture.resize([max(1, round(side * pixels / sample.eye_distance)) for side in picture.size])
        ground = Image.new("RGB", [max(320, side + 80) for side in small.size], "grey")
        ground.paste(small, (40, 40))
        yield from [replace(found, photo=sample.photo) for found in faces_in(ground, sample.who)][:1]


def draw(file: Path, people: list[Sample], photos: list[Sample], imagenet: list[Sample]) -> None:
    """Draw the rates of each way, and the distances of true and false pairs."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (rates, distances) = plt.subplots(1, 2, figsize=(10.5, 4), layout="constrained")
    colours = ("#adb5bd", "#81b29a", "#e07a5f", "#1f6f8b")
    for colour, (name, way) in zip(colours, WAYS.items(), strict=True):
        true, false = pairs(people, way, same=True), pairs([*photos, *imagenet], way, same=False)
        shares = np.geomspace(1 / len(false), 0.05, 200)
        found = [(true <= false[int(share * len(false)) - 1]).mean() for share in shares]
        rates.plot(100 * shares, found, color=colour, label=name, linewidth=2.2 if way is engine else 1.4)
    true, false = pairs(people, engine, same=True), pairs([*photos, *imagenet], engine, same=False)
    for threshold in (80, 90, 99):
        bound = farthest_at(threshold)
        place = 100 * (false <= bound).mean(), (true <= bound).mean()
        rates.plot(*place, marker="o", color=colours[-1])
        rates.annotate(str(threshold), place, textcoords="offset points", xytext=(8, -14), fontsize=9)
        distances.axvline(bound, color="#3d405b", linewidth=0.8, linestyle="--")
        side, shift = ("right", -2) if threshold == 90 else ("left", 2)  # 90 and 80 lie close together
        distances.annotate(
            str(threshold), (bound, 0.94), xycoords=("data", "axes fraction"), xytext=(shift, 0),
            textcoords="offset points", ha=side, fontsize=9,
        )  # fmt: skip
    rates.set(
        xscale="log", ylim=(0, 1.02), xlabel="% of false pairs taken for the same person", ylabel="true pairs found"
    )
    rates.set_title(f"{len(true)} true and {len(false):,} false pairs", loc="left", weight="bold")
    rates.legend(frameon=False, fontsize=8, loc="lower right")
    bins: Any = np.linspace(0.3, 1.8, 60)
    for values, name, colour in (
        (true, "same person", "#1f6f8b"),
        (pairs(photos, engine, same=False), "strangers, COCO and VOC", "#e07a5f"),
        (pairs(imagenet, engine, same=False), "strangers, ImageNet", "#f2cc8f"),
    ):
        distances.hist(values, bins, density=True, alpha=0.6, label=name, color=colour)
    distances.set(xlabel="distance, with the similarities at the dashed lines", yticks=[])
    distances.set_title("Distances of the engine", loc="left", weight="bold")
    distances.set_ylim(0, 1.15 * distances.get_ylim()[1])
    distances.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0.45, 1))
    for axes in (rates, distances):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, dpi=140, facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    sys.exit(main())
