"""Record how alike the engine finds faces: of known people, and of strangers in photos with many faces.

    python tools/record_face_similarities.py OUT.json [--people FOLDER] [--strangers FOLDER] [--eval FOLDER]

The faces are those of tools/calibrate_faces.py, for evaluation only. The file has no picture, name or
descriptor: for each face a number of its person and the pixels between its eyes, and the similarity of each pair from
SIMILAR on.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from tools.calibrate_faces import Sample, cloned, downloaded_people, engine, of, strangers
from viewfinder.rekognition.faces.matching import similarity_at

SIMILAR = 40
"""Similarities below this are left out: no rule of the grouping looks at them."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--strangers", type=Path)
    parser.add_argument("--eval", type=Path, default=Path(__file__).parents[2] / "shared" / "eval")
    options = parser.parse_args()
    folder = options.people or downloaded_people()
    people = [sample for person in sorted(folder.iterdir()) for sample in of(person)]
    photos = [*(options.eval / "coco").glob("*.jpg"), *(options.eval / "voc").glob("*.jpg")]
    photos += (options.strangers or cloned("imagenet-sample-images")).glob("*.JPEG")
    write(people, strangers(photos), options.out)
    return 0


def write(people: list[Sample], others: list[Sample], out: Path) -> None:
    """Write the file; each face of a stranger is a person of its own."""
    names = sorted({sample.who for sample in people})
    known = [[names.index(sample.who), round(sample.eye_distance, 1)] for sample in people]
    unknown = [[len(names) + number, round(sample.eye_distance, 1)] for number, sample in enumerate(others)]
    faces = [*people, *others]
    distances = engine(faces, faces)
    first, second = np.triu_indices(len(faces), 1)
    pairs = (
        (int(one), int(other), similarity_at(float(distances[one, other])))
        for one, other in zip(first, second, strict=True)
    )
    similar = [[one, other, round(similarity, 2)] for one, other, similarity in pairs if similarity >= SIMILAR]
    out.write_text(json.dumps({"Faces": known + unknown, "Similarities": similar}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    sys.exit(main())
