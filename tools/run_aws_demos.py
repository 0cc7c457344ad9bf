"""Run AWS's own demos of Rekognition, unmodified, against the engine, and print what they print.

    git clone --depth 1 https://github.com/awsdocs/aws-doc-sdk-examples EXAMPLES
    python tools/run_aws_demos.py EXAMPLES [--only rekognition_collections.py]

Needs the package requests. The collections' demo runs to its end. The image detection's demo stops at
RecognizeCelebrities, which the engine doesn't have; later it needs two pictures from the internet, a bucket and
DetectModerationLabels.
Nothing of the examples belongs into this repository.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from viewfinder.testing import running_engine

FOLDER = Path("python") / "example_code" / "rekognition"
DEMOS = ("rekognition_collections.py", "rekognition_image_detection.py")
SECONDS = 120


def main() -> int:
    """Return 0 if every demo ran to its end, or to an operation that the engine says it doesn't have."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path, help="a clone of awsdocs/aws-doc-sdk-examples")
    parser.add_argument("--only", choices=DEMOS, action="append")
    options = parser.parse_args()
    with running_engine() as engine:
        done = [ran(options.examples / FOLDER, demo, engine.endpoint_url) for demo in options.only or DEMOS]
    return int(not all(done))


def ran(folder: Path, demo: str, url: str) -> bool:
    """Run one demo, pressing Enter where it waits."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL_REKOGNITION": url,
        "AWS_ACCESS_KEY_ID": "anyone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    print(f"{demo}:", flush=True)
    done = subprocess.run(
        [sys.executable, demo], cwd=folder, env=environment, input="\n" * 50, text=True, timeout=SECONDS,
        capture_output=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1])
    return done.returncode == 0 or "is not implemented by this engine" in done.stderr


if __name__ == "__main__":
    sys.exit(main())
