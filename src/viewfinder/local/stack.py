"""The local stack: up, down, and how to reach it; the template and the packages of AWS, on one machine."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from viewfinder.bootstrap import Application
from viewfinder.deployment.deploy import Blueprint, deploy, draw
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack
from viewfinder.local import components, processes
from viewfinder.local.data_directory import DataDirectory, KeyPair, session
from viewfinder.local.ministack.environment import ensure_environment, ensure_operator
from viewfinder.local.ministack.guard import ROOM_BYTES
from viewfinder.local.ministack.saving import resume, was_saved
from viewfinder.local.processes import Component, LocalStackError, NotRunningError
from viewfinder.local.state import LAYOUT, REGION, Options, Record, load, with_options
from viewfinder.settings import Settings

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
        if self.data.recovery.exists():
            processes.start(components.recovery(self.data, self.record), self.data.path)

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


WATCH_SECONDS = 0.5

PARAMETERS = {
    "AnalysesPerMinute": "0",
    "AnalysisIntervalSeconds": "0",
    "ApiBurst": "5000",
    "ApiRequestsPerSecond": "10000",
    "DetectorPrice": "0",
    "RequireTls": "false",
    "Shards": "1",
}
"""All in which the local stack differs from one on AWS: our own engine costs nothing, the emulator speaks plain HTTP on
loopback, its table has no partitions whose heat would have to be spread, and requests cost nothing, so they queue."""


def parameters_of(record: Record) -> dict[str, str]:
    """Return the template's parameters of a local stack."""
    detector = "Engine" if record.in_process else "Rekognition"
    return PARAMETERS | {"Features": record.features, "Detector": detector}


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
        if record.layout < LAYOUT:
            raise LocalStackError("An earlier version of Viewfinder started this stack: update it by `viewfinder up`.")
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
        return session(self.keys)

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
            "AWS_REGION": REGION,
            "VIEWFINDER_BUCKET": record.outputs["ImagesBucketName"],
            "VIEWFINDER_API_URL": record.api_url,
            "VIEWFINDER_GALLERY_URL": record.gallery_url,
        }

    @property
    def settings(self) -> Settings:
        """The settings of the functions, for an operator's command: on the catalog that they use."""
        return Settings.from_outputs(
            self.record.outputs,
            catalog=components.catalog_setting(self.data, self.record),
            detector_price=float(PARAMETERS["DetectorPrice"]),
            shards=int(PARAMETERS["Shards"]),
            features=self.record.features,
            detector=parameters_of(self.record)["Detector"],
            engine_detector=self.record.detector or "",
        )

    def application(self) -> Application:
        """Return the parts of the pipeline for an operator's command."""
        return Application(self.settings, session=self.session, endpoint_url=self.record.endpoint_url)

    @property
    def recovery(self) -> dict[str, Any] | None:
        """How far the catalog's recovery from the buckets is; None where nothing is to be recovered."""
        try:
            return dict(json.loads(self.data.recovery.read_text()))
        except FileNotFoundError:
            return None

    @property
    def room_problem(self) -> str | None:
        """What to tell of a disk that is too full for another image; None where there is room."""
        free = shutil.disk_usage(self.data.path).free
        if free >= ROOM_BYTES:
            return None
        left = f"{free // 1_000_000} MB left, {ROOM_BYTES // 1_000_000} are kept free"
        return f"The disk of {self.data.path} is full: {left}. What waits goes on when there is room."

    def up(self, template: Path, options: Options, report: Report) -> bool:
        """Bring the stack up as the template and the options want it; return False where it was so already.

        After an error everything is stopped again, but for one that shows before anything was changed. After a crash
        the stack is up before its catalog is complete: `recovery` tells.
        """
        with self.data.locked():
            before = load(self.data.record)
            wanted = with_options(before, options)
            blueprint = draw(template, this_machine(), parameters_of(wanted), report)
            if not options.rebuild and wanted == before and self._is_up(wanted, blueprint, report):
                return False
            if wanted.detector and wanted.detector != (before and before.detector):
                self._try_detector(wanted)
            try:
                stop(self.data, before)
                self._drop_leases()
                self._note_what_is_missing(before, options)
                Start(self.data, _settle_ports(wanted.stopped()), session(self.data.key_pair()), report).run(blueprint)
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

    def reset(self) -> None:
        """Stop everything and delete the data; raise LocalStackError where there is no stack."""
        self.data.require_stack()
        with self.data.locked():
            processes.kill_stragglers(self.data.path)
            shutil.rmtree(self.data.path)

    def watch(self) -> None:
        """Return when the stack was stopped from elsewhere; raise ComponentDiedError when a component ends."""
        mine = self.record.processes
        while (record := load(self.data.record)) and record.processes == mine:
            if dead := next((process for process in mine if not process.alive), None):
                self.down()
                raise processes.died(dead)
            time.sleep(WATCH_SECONDS)

    def _not_running(self) -> NotRunningError:
        return NotRunningError(f"No stack runs in {self.data.path}. Start it with: {self.data.command('up')}")

    def _is_up(self, wanted: Record, blueprint: Blueprint, report: Report) -> bool:
        if not wanted.running or wanted.fingerprint != blueprint.fingerprint:
            return False
        if self._is_known():
            return True
        report(Progress("emulator", "FAILED", "it no longer takes our keys; it starts again from what it saved"))
        processes.kill_stragglers(self.data.path)  # an orderly stop would save what is left
        return False

    def _is_known(self) -> bool:
        """Return whether the emulator takes our keys, and has the stack."""
        try:
            return Stack(Environment(self.session, self.record.endpoint_url), components.STACK_NAME).status in STANDING
        except ClientError:
            return False

    def _try_detector(self, wanted: Record) -> None:
        """Raise ComponentDiedError where the engine can't use the detector; what runs goes on meanwhile."""
        trial = replace(wanted, ports=replace(wanted.ports, engine=processes.free_port()))
        self.data.logs.mkdir(exist_ok=True)
        component = replace(components.engine(self.data, trial), log=self.data.logs / "trial.log")
        component.log.unlink(missing_ok=True)
        process = processes.start(component, self.data.path)
        try:
            processes.wait_until_healthy(component, process)
        finally:
            process.end()

    def _drop_leases(self) -> None:
        """Free the contents that killed functions had in hand: nobody is to wait until their time is over."""
        if self.data.database.exists():
            catalog = f"sqlite:{self.data.database}"
            settings = Settings(images_bucket="", derived_bucket="", table="", queue_url="", catalog=catalog)
            parts = Application(settings).catalog_parts
            parts.drop_leases()
            parts.close()

    def _note_what_is_missing(self, before: Record | None, options: Options) -> None:
        """Ask for a recovery where the catalog may not have what the buckets hold."""
        if before is None or not before.fingerprint:
            return
        from_nothing = options.rebuild or before.layout < LAYOUT
        if from_nothing:
            self.data.forget_catalog()
        if from_nothing or not was_saved(self.data.state):
            self.data.recovery.write_text(json.dumps({"State": "WAITING"}))


def _settle_ports(record: Record) -> Record:
    """Make sure that every port is free; nobody knows the engine's by heart, so it may move."""
    processes.require_free(record.ports.emulator, "--port")
    processes.require_free(record.ports.gallery, "--gallery-port")
    engine = record.ports.engine
    kept = engine and processes.is_free(engine)
    return replace(record, ports=replace(record.ports, engine=engine if kept else processes.free_port()))
