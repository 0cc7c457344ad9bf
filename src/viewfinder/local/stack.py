"""The local stack: up, down, and how to reach it; the template and the packages of AWS, on one machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import boto3

from viewfinder.deployment.deploy import draw
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import Report
from viewfinder.local import ports, processes
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.errors import NotRunningError
from viewfinder.local.record import REGION, Ports, Record, load
from viewfinder.local.start import Start, stop

DEFAULT_PORT = 4566
DEFAULT_GATEWAY_PORT = 8080
WATCH_SECONDS = 0.5

PARAMETERS = {"DetectorPrice": "0", "RequireTls": "false", "Shards": "1"}
"""All in which the local stack differs from one on AWS: our own engine costs nothing, the emulator speaks plain HTTP on
loopback, and its table has no partitions whose heat would have to be spread."""

Recover = Callable[["LocalStack"], None]
"""Called after a start that follows a crash, when all is up: rebuilds what the crash took from the catalog."""


def nothing_to_recover(_: LocalStack) -> None:
    """The recovery of a stack whose catalog nobody needs."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user chose; None keeps what the data directory remembers."""

    port: int | None = None
    gateway_port: int | None = None
    detector: str | None = None


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The stack of one data directory."""

    data: DataDirectory

    @property
    def record(self) -> Record:
        """The record of a stack that was started; raises NotRunningError."""
        record = load(self.data.record)
        if record is None or not record.processes:
            raise self._not_running()
        return record

    @property
    def keys(self) -> KeyPair:
        """The operator's key pair; raises NotRunningError before the first start."""
        keys = self.data.operator()
        if keys is None:
            raise self._not_running()
        return keys

    @property
    def session(self) -> boto3.Session:
        """A session of the operator, who may do everything."""
        return _session(self.keys)

    def environment(self) -> dict[str, str]:
        """The variables by which AWS's tools and ours find this stack."""
        record, keys = self.record, self.keys
        return {
            "AWS_ENDPOINT_URL": record.endpoint_url,
            "AWS_ENDPOINT_URL_REKOGNITION": record.rekognition_url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "VIEWFINDER_BUCKET": record.outputs["ImagesBucketName"],
            "VIEWFINDER_API_URL": record.api_url,
            "VIEWFINDER_GATEWAY_URL": record.gateway_url,
        }

    def up(self, template: Path, options: Options, report: Report, recover: Recover = nothing_to_recover) -> bool:
        """Brings the stack up as the template and the options want it; gives False where it was so already.

        After an error everything is stopped again.
        """
        with self.data.locked():
            before = load(self.data.record)
            blueprint = draw(template, this_machine(), PARAMETERS, report)
            wanted = _with_options(before, options)
            if wanted.running and wanted == before and wanted.fingerprint == blueprint.fingerprint:
                return False
            at_rest = wanted.stopped()
            try:
                stop(self.data, before)
                Start(self.data, _settle_ports(at_rest), _session(self.data.key_pair()), report).run(blueprint)
                self._recover(recover)
            except BaseException:  # a Ctrl-C, too
                stop(self.data, load(self.data.record))
                raise
            return True

    def down(self) -> bool:
        """Stops everything in order; gives False where nothing ran."""
        with self.data.locked():
            record = load(self.data.record)
            stop(self.data, record)
            return bool(record and record.processes)

    def watch(self) -> None:
        """Returns when the stack was stopped from elsewhere; raises ComponentDiedError when a component ends."""
        mine = self.record.processes
        while (record := load(self.data.record)) and record.processes == mine:
            if dead := next((process for process in mine if not process.alive), None):
                self.down()
                raise processes.died(dead)
            time.sleep(WATCH_SECONDS)

    def _not_running(self) -> NotRunningError:
        return NotRunningError(f"No stack runs in {self.data.path}. Start it with: viewfinder up")

    def _recover(self, recover: Recover) -> None:
        if self.record.unclean:
            recover(self)
            replace(self.record, unclean=False).save(self.data.record)


def _session(keys: KeyPair) -> boto3.Session:
    return boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION)


def _with_options(before: Record | None, options: Options) -> Record:
    """Gives the record with what the user chose put over what was."""
    record = before or Record(Ports(DEFAULT_PORT, DEFAULT_GATEWAY_PORT, engine=0))
    chosen = replace(
        record.ports,
        emulator=options.port or record.ports.emulator,
        gateway=options.gateway_port or record.ports.gateway,
    )
    return replace(record, ports=chosen, detector=options.detector or record.detector)


def _settle_ports(record: Record) -> Record:
    """Makes sure that every port is free; nobody knows the engine's by heart, so it may move."""
    ports.require_free(record.ports.emulator, "--port")
    ports.require_free(record.ports.gateway, "--gateway-port")
    engine = record.ports.engine
    kept = engine and ports.is_free(engine)
    return replace(record, ports=replace(record.ports, engine=engine if kept else ports.free_port()))
