"""Run the history on a release's code and write its golden files: `python -m tools.formats.scenario VERSION TREE OUT`.

`viewfinder` is the release's here, from PYTHONPATH (tools/formats/releases.py).
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from tools.faster_moto import hasten_moto
from tools.formats import answers, sql
from tools.formats.history import steps_of
from tools.formats.messages import messages
from tools.formats.releases import NEXT
from tools.formats.stand_ins import RecordingTable
from tools.formats.world import Home, World

_HOLDING = {"AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::S3::Bucket"}
"""Types of resources that hold messages or data."""

_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def write_all(version: str, tree: Path, out: Path) -> None:
    """Write every file of a release; raise ImportError where `viewfinder` is not its code.

    Of the next release only what it stores: what it answers is not settled yet, and takes as long again.
    """
    if not Path(import_module("viewfinder").__file__ or "").is_relative_to(tree):
        raise ImportError(f"viewfinder is not that of {tree}")
    hasten_moto()
    release: Any = import_module(f"tools.formats.release_{version.replace('.', '_')}")
    for catalog in release.catalogs:
        with _world(version, release, tree, catalog) as (world, home):
            world.run(steps_of(version))
            _Files(version, release, out, home, world).write(catalog)
    if version != NEXT:
        (out / "resources.json").write_text(f"{json.dumps(_resources(tree), indent=1, sort_keys=True)}\n")
    release.write_data_directory(out / "data_directory")
    for lock in out.rglob("lock"):
        lock.unlink()  # empty: a sign among processes


def _template(tree: Path) -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((tree / "infrastructure" / "template.yaml").read_text())
    return template


def _resources(tree: Path) -> dict[str, Any]:
    """Return the properties of each resource that holds messages or data, by type and logical id."""
    resources = _template(tree)["Resources"].items()
    found = {name: resource for name, resource in resources if resource["Type"] in _HOLDING}
    return {name: {part: found[name][part] for part in ("Type", "Properties")} for name in found}


@contextmanager
def _world(version: str, release: Any, tree: Path, catalog: str) -> Iterator[tuple[World, Home]]:
    with mock_aws(), TemporaryDirectory() as folder:
        session = boto3.Session("test", "test", region_name="us-east-1")
        client = session.client("dynamodb")
        properties = _template(tree)["Resources"]["CatalogTable"]["Properties"]
        client.create_table(TableName=release.TABLE, **{name: properties[name] for name in _TABLE_PROPERTIES})
        database = f"{folder}/catalog.db" if catalog == "sqlite" else ""
        home = Home(session, RecordingTable(client, release.TABLE), database)
        yield World(tree, release, home), home


class _Files:
    """Writes what a world has come to."""

    def __init__(self, version: str, release: Any, out: Path, home: Home, world: World) -> None:
        self._release = release
        self._has_more = version != "0.1.0"
        self._has_answers = version != NEXT
        self._out = out
        self._home = home
        self._world = world
        self._keys = sorted({step.arguments["key"] for step in steps_of(version) if step.arguments.get("key")})

    def write(self, catalog: str) -> None:
        if catalog == "sqlite":
            self._write_sqlite()
        else:
            self._write_dynamodb()

    def _write_dynamodb(self) -> None:
        world, home = self._world, self._home
        self._write("table.json", home.table.items())
        analyses, thumbnails = home.buckets.derived()
        self._write("derived.json", {"Analyses": analyses, "Thumbnails": thumbnails})
        if not self._has_answers:
            return
        self._write("bucket.json", home.buckets.objects())
        self._write("messages.json", messages(self._release.messages, world.bodies))
        self._write("tokens.json", answers.tokens(world, has_more=self._has_more))
        before = answers.expected(world, self._keys, has_more=self._has_more)
        counted, stream = world.counted, home.table.stream
        self._write("stream.json", {"Counted": stream[:counted], "Waiting": stream[counted:]})
        world.count()
        after = answers.expected(world, self._keys, has_more=self._has_more)
        self._write("expected.json", {"AtUpgrade": before, "AfterStream": after})

    def _write_sqlite(self) -> None:
        with closing(sqlite3.connect(self._home.database)) as connection:
            dump = sql.dump(connection)
        (self._out / "catalog.sql").write_text(self._stable(dump))
        if not self._has_answers:
            return
        self._write("tokens.sqlite.json", answers.tokens(self._world, has_more=self._has_more))
        self._write("expected.sqlite.json", answers.expected(self._world, self._keys, has_more=self._has_more))

    def _write(self, name: str, document: Any) -> None:
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        (self._out / name).write_text(self._stable(text) + "\n")

    def _stable(self, text: str) -> str:
        """Return the text with numbers in the place of moto's random version ids."""
        for number, version_id in enumerate(self._home.buckets.version_ids, 1):
            text = text.replace(version_id, f"version-{number:03}")
        return text


if __name__ == "__main__":
    write_all(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
