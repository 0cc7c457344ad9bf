"""0.2.0: everything that its formats depend on, built from its own classes.

Its modules are imported by name when they are needed: they are not those of this tree.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.formats.buckets import DERIVED, IMAGES
from tools.formats.stand_ins import numbered_uuids, rotating_random
from tools.formats.world import Home

TABLE = "viewfinder-catalog"
ANALYSES_PER_MINUTE = 20
path_is_encoded = True
messages = "viewfinder.adapters.sqs"
"""The module that reads and writes messages."""

has_trash = True
catalogs = ("dynamodb", "sqlite")


def application(home: Home, features: str, *, uses_engine: bool = False) -> Any:
    """Return its Application on the table or the SQLite file."""
    detector: Any = import_module("viewfinder.adapters.detector")
    analysis: Any = import_module("viewfinder.domain.analysis")
    bootstrap: Any = import_module("viewfinder.bootstrap")
    settings = bootstrap.Settings(
        images_bucket=IMAGES,
        derived_bucket=DERIVED,
        table=TABLE,
        queue_url="queue",
        catalog=f"sqlite:{home.database}" if home.database else "dynamodb",
        features=features,
        keep_location=True,
    )
    version = detector.engine_version() if uses_engine else ""
    return bootstrap.Application(
        settings,
        session=home.session,
        s3_client=home.s3,
        sqs_client=home.queue,
        detector=detector.RekognitionDetector(home.rekognition),
        clock=home.clock,
        parameters=analysis.Parameters(settings.max_labels, settings.min_confidence, detector=version),
        **(_sqlite(home, settings) if home.database else _dynamodb(home, settings)),
    )


def _dynamodb(home: Home, settings: Any) -> dict[str, Any]:
    catalog: Any = import_module("viewfinder.adapters.dynamodb.catalog")
    statistics: Any = import_module("viewfinder.adapters.dynamodb.statistics")
    images: Any = import_module("viewfinder.usecases.images")
    catalog.uuid, statistics.random = numbered_uuids(), rotating_random()
    quota = catalog.DynamoDbQuota(home.table, TABLE, per_minute=ANALYSES_PER_MINUTE, clock=home.clock.time)
    return {
        "dynamodb_client": home.table,
        "analysis_limits": images.Limits(settings.analysis_interval_seconds, quota),
        "_catalog": catalog.DynamoDbCatalog(home.table, TABLE, shards=settings.shards, **_times(home, settings)),
        "leases": catalog.DynamoDbLeases(home.table, TABLE, **_terms(home, settings)),
    }


def _sqlite(home: Home, settings: Any) -> dict[str, Any]:
    catalog: Any = import_module("viewfinder.adapters.sqlite.catalog")
    database = import_module("viewfinder.adapters.sqlite.database").Database(home.database)
    catalog.uuid = numbered_uuids()
    return {
        "database": database,
        "_catalog": catalog.SqliteCatalog(database, **_times(home, settings)),
        "leases": catalog.SqliteLeases(database, **_terms(home, settings)),
    }


def _times(home: Home, settings: Any) -> dict[str, Any]:
    return {"tombstone_seconds": settings.image_version_days * 86_400, "microseconds": home.clock.microseconds}


def _terms(home: Home, settings: Any) -> dict[str, Any]:
    seconds, patience = settings.lease_seconds, settings.lease_patience_seconds
    return {"seconds": seconds, "patience": patience, "clock": home.clock.time}


def hold_lease(application: Any, sha256: str) -> None:
    """Take it as an image function does that is killed then."""
    application.leases.claim(f"{application.parameters}-labels-text-faces/{sha256}")


def write_data_directory(folder: Path) -> None:
    """Write what its `up`, `down` and recovery leave, with a fixed key pair in the place of random ones."""
    directory: Any = import_module("viewfinder.local.data_directory")
    state: Any = import_module("viewfinder.local.state")
    directory._new_key_pair = lambda: directory.KeyPair("AKIAIOSFODNN7EXAMPLE", "fake-root-secret")
    data = directory.DataDirectory(folder)
    with data.locked():
        data.state.mkdir(parents=True)
        data.key_pair()
        data.keep_operator(directory.KeyPair("AKIAI44QH8DHBEXAMPLE", "fake-operator-secret"))
        _write_records(state, data)
        progress = {"State": "RUNNING", "Started": 1_767_225_600.0, "Left": 3, "Images": 20}
        import_module("viewfinder.local.recovery").write_progress(data, progress)
        mark = import_module("viewfinder.local.ministack.saving").MARK
        (data.state / mark).write_bytes(b"")  # as `save_whole` writes it, which needs the emulator


def _write_records(state: Any, data: Any) -> None:
    processes: Any = import_module("viewfinder.local.processes")
    outputs = json.loads(Path(__file__).with_name("outputs.json").read_text())
    ports, shared = state.Ports(4566, 8080, 40_001), {"fingerprint": "fingerprint", "outputs": outputs}
    at_rest = state.Record(ports, "better.onnx", features="LABELS,TEXT", gallery_token="fake-token", **shared)
    at_rest.save(data.record)
    running = (processes.Process("emulator", 999_999_999, 1.5, "emulator.log"),)
    now = state.Record(ports, None, running, catalog="dynamodb", in_process=True, **shared)
    now.save(data.path / "stack.running.json")
