"""0.1.0: everything that its formats depend on, built from its own classes.

Its modules are imported by name when they are needed: they are not those of this tree.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.formats.buckets import DERIVED, IMAGES
from tools.formats.stand_ins import numbered_uuids
from tools.formats.world import Home

TABLE = "viewfinder-catalog"
path_is_encoded = False
"""Its API function found keys only where the gateway had decoded the path."""

messages = "viewfinder.adapters.s3_events"
"""The module that reads and writes messages."""

has_trash = False
catalogs = ("dynamodb",)


def application(home: Home, features: str, *, uses_engine: bool = False) -> Any:
    """Return its Application; it has labels only, and no engine in the same process."""
    catalog: Any = import_module("viewfinder.adapters.dynamodb.catalog")
    leases: Any = import_module("viewfinder.adapters.dynamodb.leases")
    detector: Any = import_module("viewfinder.adapters.rekognition")
    bootstrap: Any = import_module("viewfinder.bootstrap")
    leases.uuid = numbered_uuids()
    settings = bootstrap.Settings(images_bucket=IMAGES, derived_bucket=DERIVED, table=TABLE, queue_url="queue")
    return bootstrap.Application(
        settings,
        session=home.session,
        s3_client=home.s3,
        dynamodb_client=home.table,
        sqs_client=home.queue,
        detector=detector.RekognitionDetector(home.rekognition),
        clock=home.clock,
        catalog=catalog.DynamoDbCatalog(
            home.table,
            TABLE,
            shards=settings.shards,
            tombstone_seconds=settings.tombstone_seconds,
            microseconds=home.clock.microseconds,
        ),
        leases=leases.DynamoDbLeases(
            home.table,
            TABLE,
            seconds=settings.lease_seconds,
            patience=settings.lease_patience_seconds,
            clock=home.clock.time,
        ),
    )


def hold_lease(application: Any, sha256: str) -> None:
    """Take it as `held` does, and do not come back."""
    application.leases._take(f"{application.parameters}/{sha256}", "0" * 32)


def write_data_directory(folder: Path) -> None:
    """Write what its `up` and `down` leave, with a fixed key pair in the place of random ones."""
    directory: Any = import_module("viewfinder.local.data_directory")
    record: Any = import_module("viewfinder.local.record")
    processes: Any = import_module("viewfinder.local.processes")
    directory._new_key_pair = lambda: directory.KeyPair("AKIAIOSFODNN7EXAMPLE", "fake-root-secret")
    data = directory.DataDirectory(folder)
    with data.locked():
        data.key_pair()
        data.keep_operator(directory.KeyPair("AKIAI44QH8DHBEXAMPLE", "fake-operator-secret"))
        outputs = json.loads(Path(__file__).with_name("outputs.json").read_text())
        ports, shared = record.Ports(4566, 8080, 40_001), {"fingerprint": "fingerprint", "outputs": outputs}
        record.Record(ports, "better.onnx", **shared).save(data.record)
        running = (processes.Process("emulator", 999_999_999, 1.5, "emulator.log"),)
        record.Record(ports, None, running, unclean=True, **shared).save(folder / "stack.running.json")
