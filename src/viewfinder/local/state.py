"""The stack's record: processes, ports and deployment. It outlives the processes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from viewfinder.adapters.webhooks import checked_url, new_secret
from viewfinder.domain.feature import check_engine, read_features
from viewfinder.gallery.address import gallery_address
from viewfinder.local import files
from viewfinder.local.processes import LocalStackError, Process

REGION = "us-east-1"
"""The emulator's region."""

STAGE = "prod"

LAYOUT = 2
"""Of the data directory. 1 had its catalog in the emulated table, with another form of its items."""

SQLITE, DYNAMODB = CATALOGS = "sqlite", "dynamodb"
LAST_PORT = 65_535
DEFAULT_PORT = 4566
DEFAULT_GALLERY_PORT = 8080
DEFAULT_HOSTED_PORT = 8081
DEFAULT_FEATURES = "LABELS,TEXT"

BUILTIN = "builtin"
"""As a detector: the engine's own."""

OFF = "off"
"""As a webhook, a model of words or a vocabulary: none."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of the components on 127.0.0.1; `up` keeps those of the last start."""

    emulator: int
    gallery: int
    engine: int
    hosted: int = DEFAULT_HOSTED_PORT


@dataclass(frozen=True, slots=True)
class Options:
    """The user's options; None keeps the value of the last start."""

    port: int | None = None
    gallery_port: int | None = None
    detector: str | None = None
    catalog: str | None = None
    rebuild: bool = False
    features: str | None = None
    gallery_token: bool | None = None
    """Whether the gallery is locked; None: as last time, and at first where `has_other_users`."""
    has_other_users: bool = False
    in_process: bool | None = None
    classifier: str | None = None
    classes: str | None = None
    min_probability: float | None = None
    clip: str | None = None
    """The folder of a model of pictures and words; OFF: none any more."""
    vocabulary: str | None = None
    """A file of names that the model labels pictures with; OFF: none any more."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the template; those that are not named stay."""
    attach: str | None = None
    """A folder of pictures, chosen at the first start."""
    webhook: str | None = None
    """Where events are sent to; OFF: nowhere any more."""
    hosted: bool | None = None
    hosted_port: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The record of the last `up`.

    `processes` are empty after a stop. `fingerprint` names the deployment that is safe on disk.
    `in_process`: the image function carries the engine, instead of calling it over Rekognition's wire.
    """

    ports: Ports
    detector: str | None = None
    processes: tuple[Process, ...] = ()
    fingerprint: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    catalog: str = SQLITE
    layout: int = LAYOUT
    features: str = "LABELS"
    gallery_token: str | None = None
    """What opens the gallery; "" where it is open, None if nobody has chosen yet."""
    in_process: bool = False
    classifier: str | None = None
    """An image classifier of the user's, with the file of its classes and the probability that makes a label."""
    classes: str | None = None
    min_probability: float | None = None
    clip: str | None = None
    """A model of the user's of pictures and words, with the file of names that are labels."""
    vocabulary: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    attached: str | None = None
    """The folder whose pictures are the images; None where they are in a bucket of the stack's own."""
    webhook: str | None = None
    """Where events are sent to, with the secret that signs them."""
    webhook_secret: str | None = None
    hosted: bool = False
    """Whether the gallery is served to people who sign in, too, as on AWS."""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    """Members of the file that this version doesn't know; they stay in it."""

    @property
    def running(self) -> bool:
        """Whether every component is alive."""
        return bool(self.processes) and all(process.alive for process in self.processes)

    @property
    def endpoint_url(self) -> str:
        """The emulator's URL, for every AWS service except Rekognition."""
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def rekognition_url(self) -> str:
        """The engine's URL."""
        return f"http://127.0.0.1:{self.ports.engine}"

    @property
    def gallery_url(self) -> str:
        """The gallery's address, for browsers and programs alike; a path may follow it."""
        return gallery_address(self.ports.gallery, self.gallery_token or "")

    @property
    def hosted_url(self) -> str:
        """The origin of the hosted gallery; "" without one."""
        return gallery_address(self.ports.hosted) if self.hosted else ""

    @property
    def hosted_api_url(self) -> str:
        """The HTTP API of the hosted gallery, up to its stage."""
        return f"{self.endpoint_url}/_aws/execute-api/{self.outputs.get('GalleryApiId')}/{STAGE}"

    @property
    def login_url(self) -> str:
        """The login of the hosted gallery, by another name than the buckets': the page's policy tells them apart."""
        return f"http://localhost:{self.ports.emulator}"

    @property
    def api_url(self) -> str:
        """The REST API, up to its stage. (The emulator's form that needs no name to be resolved.)"""
        return f"{self.endpoint_url}/_aws/execute-api/{self.outputs.get('ApiId')}/{STAGE}"

    def process(self, name: str) -> Process:
        """Return the process of a component."""
        return next(process for process in self.processes if process.name == name)

    def stopped(self) -> Record:
        """Return the record of the stopped stack."""
        return replace(self, processes=())

    def save(self, file: Path) -> None:
        """Write the record atomically."""
        document = asdict(self)
        files.write(file, {**document.pop("unknown"), **document})


def load(file: Path, remedy: str = "") -> Record | None:
    """Read a record, None if there is none.

    Raise DamagedFileError, which ends with the remedy, and LocalStackError where a newer version wrote it.
    """
    document = files.read(file, remedy)
    if document is None:
        return None
    try:
        record = _record({"layout": 1, **document})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise files.damaged(file, "it is not the record of a stack", remedy) from error
    if record.layout > LAYOUT:
        raise LocalStackError(f"{file.parent} was written by a newer version of Viewfinder: use that one.")
    return record


_KINDS: Mapping[str, tuple[type, ...]] = {
    "detector": (str, type(None)),
    "fingerprint": (str,),
    "outputs": (dict,),
    "catalog": (str,),
    "layout": (int,),
    "features": (str,),
    "classifier": (str, type(None)),
    "classes": (str, type(None)),
    "min_probability": (float, int, type(None)),
    "clip": (str, type(None)),
    "vocabulary": (str, type(None)),
    "gallery_token": (str, type(None)),
    "in_process": (bool,),
    "parameters": (dict,),
    "attached": (str, type(None)),
    "webhook": (str, type(None)),
    "webhook_secret": (str, type(None)),
    "hosted": (bool,),
}
"""The types of the record's members, but for `ports` and `processes`, which are documents themselves."""

_OF_OTHER_FORMATS = {"StoredFormat", "unclean"}
"""Members that are not the record's: the first layout had `unclean`."""


def _record(document: files.Document) -> Record:
    """Return the record of a document; raise what a document of another kind leads to."""
    known = {name: document[name] for name in _KINDS if name in document}
    if wrong := [name for name, value in known.items() if not isinstance(value, _KINDS[name])]:
        raise TypeError(wrong)
    if known.get("catalog", SQLITE) not in CATALOGS:
        raise ValueError(known["catalog"])
    return Record(
        ports=_ports(document["ports"]),
        processes=tuple(map(_process, document["processes"])),
        unknown={
            name: value
            for name, value in document.items()
            if name not in {*_KINDS, *_OF_OTHER_FORMATS, "ports", "processes"}
        },
        **known,
    )


def _ports(document: files.Document) -> Ports:
    named = {name.replace("gateway", "gallery"): port for name, port in document.items()}  # the first layout's name
    ports = Ports(**_known(Ports, named))
    if not all(isinstance(port, int) and 0 <= port <= LAST_PORT for port in asdict(ports).values()):
        raise ValueError(document)
    return ports


def _process(document: files.Document) -> Process:
    process = Process(**_known(Process, document))
    if not (isinstance(process.pid, int) and isinstance(process.started, int | float)):
        raise TypeError(document)
    return process


def _known(kind: type[Ports | Process], document: files.Document) -> files.Document:
    """Return the members that a dataclass has."""
    return {entry.name: document[entry.name] for entry in fields(kind) if entry.name in document}


def with_options(before: Record | None, options: Options) -> Record:
    """Return the record, updated with the user's options.

    Raise LocalStackError or EngineLacksModelError where that can't be.
    """
    record = before or Record(
        Ports(DEFAULT_PORT, DEFAULT_GALLERY_PORT, engine=0),
        catalog=options.catalog or SQLITE,
        features=DEFAULT_FEATURES,
    )
    ports = replace(
        record.ports,
        emulator=options.port or record.ports.emulator,
        gallery=options.gallery_port or record.ports.gallery,
        hosted=options.hosted_port or record.ports.hosted,
    )
    hosted = record.hosted if options.hosted is None else options.hosted
    if ports.emulator == ports.gallery:
        raise LocalStackError(f"Emulator and gallery can't both listen on port {ports.gallery}: choose two.")
    if hosted and ports.hosted in {ports.emulator, ports.gallery}:
        raise LocalStackError(
            f"The hosted gallery needs a port of its own: {ports.hosted} is taken by the stack itself."
        )
    catalog = _catalog_with_options(record, options)
    detector = None if options.detector == BUILTIN else options.detector or record.detector
    features = options.features or record.features
    in_process = record.in_process if options.in_process is None else options.in_process
    check_engine(read_features(features), in_process=in_process)
    classifier, webhook = _classifier(record, options), _webhook(record, catalog, options)
    clip = _clip(record, catalog, options)
    if in_process and (classifier["classifier"] or clip["clip"]):
        raise LocalStackError("A classifier or a CLIP model of your own needs --detector-over-the-wire.")
    return replace(
        record,
        ports=ports,
        detector=detector,
        **classifier,
        **clip,
        catalog=catalog,
        layout=LAYOUT,
        features=features,
        in_process=in_process,
        parameters={**record.parameters, **options.parameters},
        gallery_token=_gallery_token(record, options),
        attached=_attached(before, options),
        hosted=hosted,
        webhook=webhook,
        webhook_secret=record.webhook_secret or (new_secret() if webhook else None),
    )


def _attached(before: Record | None, options: Options) -> str | None:
    """Return the attached folder; raise LocalStackError where the stack has other images already."""
    has = before.attached if before else None
    if not options.attach or options.attach == has:
        return has
    if before and before.fingerprint:
        own = f"attaches {has}" if has else "has a bucket of its own"
        raise LocalStackError(f"This stack {own}: attach {options.attach} by another one, with --data-dir.")
    return options.attach


def _webhook(record: Record, catalog: str, options: Options) -> str | None:
    """Return where events are sent; raise LocalStackError or InvalidRequestError."""
    if options.webhook == OFF:
        return None
    url = checked_url(options.webhook) if options.webhook else record.webhook
    if url and catalog != SQLITE:
        raise LocalStackError("--webhook needs the SQLite catalog: the emulated table has a stream, and no outbox.")
    return url


def _classifier(record: Record, options: Options) -> dict[str, Any]:
    """Return the classifier's members of the record; raise LocalStackError for a graph without names."""
    if options.classifier == BUILTIN:
        return {"classifier": None, "classes": None, "min_probability": None}
    found = {
        "classifier": options.classifier or record.classifier,
        "classes": options.classes or record.classes,
        "min_probability": options.min_probability or record.min_probability,
    }
    if bool(found["classifier"]) != bool(found["classes"]):
        raise LocalStackError("--classifier and --classes belong together: one is missing.")
    return found


def _clip(record: Record, catalog: str, options: Options) -> dict[str, Any]:
    """Return the members of the model of pictures and words; raise LocalStackError where it can't be used."""
    if options.clip == OFF:
        return {"clip": None, "vocabulary": None}
    clip = options.clip or record.clip
    vocabulary = None if options.vocabulary == OFF else options.vocabulary or record.vocabulary
    if vocabulary and not clip:
        raise LocalStackError("--vocabulary needs --clip: its words are read by a model of your own.")
    if clip and catalog != SQLITE:
        raise LocalStackError("--clip needs the SQLite catalog, which keeps the vectors.")
    return {"clip": clip, "vocabulary": vocabulary}


def _gallery_token(record: Record, options: Options) -> str | None:
    if options.gallery_token is False:
        return ""
    locks = options.gallery_token or (record.gallery_token is None and options.has_other_users)
    return record.gallery_token or (secrets.token_urlsafe(32) if locks else record.gallery_token)


def _catalog_with_options(record: Record, options: Options) -> str:
    catalog = options.catalog or record.catalog
    if record.layout < LAYOUT and catalog != SQLITE:
        raise LocalStackError(
            "An earlier version of Viewfinder wrote this emulated table, which can't be read any more. "
            "Without --catalog dynamodb, `up` puts the images into an SQLite catalog."
        )
    if catalog != record.catalog and not options.rebuild:
        raise LocalStackError(
            f"The catalog of this stack is {record.catalog}. To change that, rebuild it from the buckets: "
            f"viewfinder up --catalog {catalog} --rebuild"
        )
    return catalog
