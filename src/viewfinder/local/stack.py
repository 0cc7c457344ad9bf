"""The local stack: up, down, and how to reach it; the template and the packages of AWS, on one machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import boto3
import botocore.session
from botocore.exceptions import ClientError

from viewfinder.deployment.deploy import Blueprint, deploy, draw
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack
from viewfinder.local import components, processes
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.errors import NotRunningError
from viewfinder.local.ministack.environment import ensure_environment
from viewfinder.local.ministack.operator import ensure_operator
from viewfinder.local.ministack.state import resume
from viewfinder.local.processes import Component
from viewfinder.local.state import REGION, Ports, Record, load

STANDING = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


@dataclass
class Start:
    """One start. The record is saved with each process, so that a `down` finds them whatever happens to us."""

    data: DataDirectory
    record: Record
    session: boto3.Session
    report: Report

    def run(self, blueprint: Blueprint) -> None:
        """Start and deploys; the caller cleans up after an error."""
        self.data.prepare()
        if not self.record.fingerprint:
            self.data.forget_emulator()  # of a first start that was cut short: a new stack would meet its own buckets
        self.report(Progress("emulator", "INSTALL_IN_PROGRESS"))
        emulator = components.emulator(self.data, self.record, ensure_environment())
        resume(self.data.state, self.record.ports.emulator)
        self._launch(components.engine(self.data, self.record), emulator)
        self._deploy(blueprint, emulator)
        api = next(package.zip for package in blueprint.packages.values() if package.function == "api_handler")
        self._launch(components.gallery(self.data, self.record, api))

    def _launch(self, *several: Component) -> None:
        """Start components side by side, and wait until all are well."""
        for component in several:
            component.log.unlink(missing_ok=True)
            process = processes.start(component, self.data.path)
            self._save(replace(self.record, processes=(*self.record.processes, process)))
        for component in several:
            processes.wait_until_healthy(component, self.record.process(component.name))
            self.report(Progress(component.name, "RUNNING"))

    def _deploy(self, blueprint: Blueprint, emulator: Component) -> None:
        stack = Stack(Environment(self.session, self.record.endpoint_url), components.STACK_NAME)
        standing = self.record.fingerprint == blueprint.fingerprint and stack.status in STANDING
        changed = ensure_operator(self.session, self.record.endpoint_url, self.data)
        if not standing:
            changed |= deploy(stack, blueprint, self.report)
        if changed:
            self._restart(emulator)
        self._save(replace(self.record, fingerprint=blueprint.fingerprint, outputs=stack.outputs))

    def _restart(self, emulator: Component) -> None:
        """The emulator writes its state when it stops in order: only then does a deployment survive a crash."""
        process = self.record.process(emulator.name)
        process.end()
        resume(self.data.state, self.record.ports.emulator)
        self._save(replace(self.record, processes=tuple(each for each in self.record.processes if each != process)))
        self._launch(emulator)

    def _save(self, record: Record) -> None:
        self.record = record
        record.save(self.data.record)


def stop(data: DataDirectory, record: Record | None) -> None:
    """End every process of a stack: in order those that still run, and whatever they left behind."""
    at_rest = record.stopped() if record else None
    for process in reversed(record.processes if record else ()):
        process.end()
    processes.kill_stragglers(data.path)
    if at_rest:
        at_rest.save(data.record)


DEFAULT_PORT = 4566
DEFAULT_GALLERY_PORT = 8080
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
    gallery_port: int | None = None
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
            "VIEWFINDER_DATA_DIR": str(self.data.path),
            "VIEWFINDER_BUCKET": record.outputs["ImagesBucketName"],
            "VIEWFINDER_API_URL": record.api_url,
            "VIEWFINDER_GALLERY_URL": record.gallery_url,
        }

    def up(self, template: Path, options: Options, report: Report, recover: Recover = nothing_to_recover) -> bool:
        """Bring the stack up as the template and the options want it; return False where it was so already.

        After an error everything is stopped again.
        """
        with self.data.locked():
            before = load(self.data.record)
            blueprint = draw(template, this_machine(), PARAMETERS, report)
            wanted = _with_options(before, options)
            if wanted.running and wanted == before and wanted.fingerprint == blueprint.fingerprint:
                if self._is_known():
                    return False
                report(
                    Progress("emulator", "FAILED", "it no longer takes our keys; it starts again from what it saved")
                )
                processes.kill_stragglers(self.data.path)  # an orderly stop would save what is left
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
        """Stop everything in order; return False where nothing ran."""
        with self.data.locked():
            record = load(self.data.record)
            stop(self.data, record)
            return bool(record and record.processes)

    def watch(self) -> None:
        """Return when the stack was stopped from elsewhere; raise ComponentDiedError when a component ends."""
        mine = self.record.processes
        while (record := load(self.data.record)) and record.processes == mine:
            if dead := next((process for process in mine if not process.alive), None):
                self.down()
                raise processes.died(dead)
            time.sleep(WATCH_SECONDS)

    def _not_running(self) -> NotRunningError:
        return NotRunningError(f"No stack runs in {self.data.path}. Start it with: viewfinder up")

    def _is_known(self) -> bool:
        """Return whether the emulator takes our keys, and has the stack."""
        try:
            return Stack(Environment(self.session, self.record.endpoint_url), components.STACK_NAME).status in STANDING
        except ClientError:
            return False

    def _recover(self, recover: Recover) -> None:
        if self.record.unclean:
            recover(self)
            replace(self.record, unclean=False).save(self.data.record)


def _session(keys: KeyPair) -> boto3.Session:
    """Return a session that reads none of the user's AWS configuration: an AWS_PROFILE is of no concern here."""
    none = (None, None, None, None)
    alone = botocore.session.Session({"profile": none, "config_file": none, "credentials_file": none})
    return boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION, botocore_session=alone)


def _with_options(before: Record | None, options: Options) -> Record:
    """Return the record with what the user chose put over what was."""
    record = before or Record(Ports(DEFAULT_PORT, DEFAULT_GALLERY_PORT, engine=0))
    chosen = replace(
        record.ports,
        emulator=options.port or record.ports.emulator,
        gallery=options.gallery_port or record.ports.gallery,
    )
    return replace(record, ports=chosen, detector=options.detector or record.detector)


def _settle_ports(record: Record) -> Record:
    """Make sure that every port is free; nobody knows the engine's by heart, so it may move."""
    processes.require_free(record.ports.emulator, "--port")
    processes.require_free(record.ports.gallery, "--gallery-port")
    engine = record.ports.engine
    kept = engine and processes.is_free(engine)
    return replace(record, ports=replace(record.ports, engine=engine if kept else processes.free_port()))
