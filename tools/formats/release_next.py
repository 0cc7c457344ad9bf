"""The working tree: what the next release stores, by today's classes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tools.formats.buckets import DERIVED, IMAGES
from tools.formats.stand_ins import numbered_uuids, rotating_random
from tools.formats.world import Home
from viewfinder.adapters.detector import RekognitionDetector, engine_version
from viewfinder.adapters.dynamodb import counters
from viewfinder.adapters.dynamodb import leases as dynamodb_leases
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.factory import dynamodb_catalog
from viewfinder.adapters.dynamodb.leases import DynamoDbLeases
from viewfinder.adapters.dynamodb.quota import DynamoDbQuota
from viewfinder.adapters.sqlite import leases as sqlite_leases
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.copies import SqliteCopies
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.hashes import SqliteHashes
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.adapters.sqlite.leases import SqliteLeases
from viewfinder.adapters.sqlite.people import SqlitePeople
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.bootstrap import Application
from viewfinder.domain.feature import Parameters
from viewfinder.local import data_directory, files
from viewfinder.local.ministack.objects import MARK
from viewfinder.local.processes import Process
from viewfinder.local.state import Ports, Record
from viewfinder.ports import CatalogParts
from viewfinder.settings import Settings
from viewfinder.usecases.reanalyze import Limits

TABLE = "viewfinder-catalog"
ANALYSES_PER_MINUTE = 20
path_is_encoded = True
messages = "viewfinder.adapters.s3_events"
"""The module that reads and writes messages."""

has_trash = True
catalogs = ("dynamodb", "sqlite")


def application(home: Home, features: str, *, uses_engine: bool = False) -> Application:
    """Return an Application on the table or the SQLite file."""
    settings = Settings(
        images_bucket=IMAGES,
        derived_bucket=DERIVED,
        table=TABLE,
        queue_url="queue",
        catalog=f"sqlite:{home.database}" if home.database else "dynamodb",
        features=features,
        keep_location=True,
    )
    version = engine_version() if uses_engine else ""
    parts = _sqlite(home, settings) if home.database else _dynamodb(home, settings)
    quota = parts.quota(ANALYSES_PER_MINUTE) if parts.quota else None
    return Application(
        settings,
        session=home.session,
        s3_client=home.s3,
        sqs_client=home.queue,
        dynamodb_client=home.table,
        detector=RekognitionDetector(cast("Any", home.rekognition)),
        clock=home.clock,
        analysis_limits=Limits(settings.analysis_interval_seconds, quota),
        catalog_parts=parts,
        parameters=Parameters(settings.max_labels, settings.min_confidence, detector=version),
    )


def _dynamodb(home: Home, settings: Settings) -> CatalogParts:
    dynamodb_leases.uuid = numbered_uuids()  # type: ignore[attr-defined,assignment]
    counters.random = rotating_random()  # type: ignore[attr-defined,assignment]
    table = cast("Any", home.table)  # a recording stand-in for the client
    catalog = DynamoDbCatalog(
        table,
        TABLE,
        shards=settings.shards,
        tombstone_seconds=settings.kept_tombstone_seconds,
        microseconds=home.clock.microseconds,
    )
    return replace(
        dynamodb_catalog(table, settings),
        catalog=catalog,
        records=catalog,
        leases=DynamoDbLeases(table, TABLE, **_terms(home, settings)),
        quota=lambda per_minute: DynamoDbQuota(table, TABLE, per_minute=per_minute, clock=home.clock.time),
    )


def _sqlite(home: Home, settings: Settings) -> CatalogParts:
    database = Database(home.database)
    sqlite_leases.uuid = numbered_uuids()  # type: ignore[attr-defined,assignment]
    seconds = settings.kept_tombstone_seconds
    catalog = SqliteCatalog(database, tombstone_seconds=seconds, microseconds=home.clock.microseconds)
    return CatalogParts(
        catalog=catalog,
        records=catalog,
        leases=SqliteLeases(database, **_terms(home, settings)),
        index=SqliteIndex(database),
        statistics=SqliteStatistics(database),
        copies=SqliteCopies(database),
        people=SqlitePeople(database),
        hashes=SqliteHashes(database),
        close=database.close,
    )


def _terms(home: Home, settings: Settings) -> dict[str, Any]:
    seconds, patience = settings.lease_seconds, settings.lease_patience_seconds
    return {"seconds": seconds, "patience": patience, "clock": home.clock.time}


def hold_lease(made: Application, sha256: str) -> None:
    """Take it as an image function does that is killed then."""
    made.leases.claim(f"{made.parameters}-labels-text-faces/{sha256}")


def write_data_directory(folder: Path) -> None:
    """Write what `up`, `down` and a recovery leave, with a fixed key pair in the place of random ones."""
    data_directory._new_key_pair = lambda: data_directory.KeyPair("AKIAIOSFODNN7EXAMPLE", "fake-root-secret")
    data = data_directory.DataDirectory(folder)
    with data.locked():
        data.state.mkdir(parents=True)
        data.objects.mkdir(parents=True)
        data.key_pair()
        data.keep_operator(data_directory.KeyPair("AKIAI44QH8DHBEXAMPLE", "fake-operator-secret"))
        _write_records(data)
        files.write(data.recovery, {"State": "RUNNING", "Started": 1_767_225_600.0, "Left": 3, "Images": 20})
        files.write(data.generation, {"Generation": f"{1:032x}", "Previous": f"{2:032x}"})
        (data.state / MARK).write_bytes(b"")  # as the emulator's orderly stop leaves it


def _write_records(data: data_directory.DataDirectory) -> None:
    outputs = json.loads(Path(__file__).with_name("outputs.json").read_text())
    ports = Ports(4566, 8080, 40_001)
    shared: dict[str, Any] = {"fingerprint": "fingerprint", "outputs": outputs}
    at_rest = Record(ports, "better.onnx", features="LABELS,TEXT", gallery_token="fake-token", **shared)
    at_rest.save(data.record)
    running = (Process("emulator", 999_999_999, 1.5, "emulator.log"),)
    now = Record(ports, None, running, catalog="dynamodb", in_process=True, **shared)
    now.save(data.path / "stack.running.json")
