"""The processes of a local stack, with the command of each."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from viewfinder.local.catalog import CatalogFile
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.processes import Component
from viewfinder.local.state import REGION, SQLITE, STAGE, Record

STACK_NAME = "viewfinder"
EMULATOR = Path(__file__).parent / "ministack" / "launcher.py"

FROM_OUR_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TZ")
"""Variables that components inherit. Functions see the emulator's environment, and must not see the user's keys."""


Builder = Callable[[DataDirectory, Record], Component]


def emulator(data: DataDirectory, record: Record, interpreter: Path) -> Component:
    """Return the process of MiniStack, which verifies signatures and enforces IAM policies."""
    settings = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(record.ports.emulator),
        "IOT_MTLS_ENABLED": "0",  # opens a port of its own otherwise
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "PYTHONSAFEPATH": "1",  # what lies in the current folder is not to be imported
        "S3_DATA_DIR": str(data.objects),
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(data.state),
        "TMPDIR": str(data.temporary),
        "VIEWFINDER_CATALOG": catalog_setting(data, record),  # for the functions, too
        "VIEWFINDER_VECTORS": vectors_setting(record),
        "VIEWFINDER_EMBEDDINGS": embeddings_setting(record),
        "VIEWFINDER_ENGINE_DETECTOR": record.detector or "",
        "VIEWFINDER_OUTBOX": str(bool(record.webhook)).lower(),
        "VIEWFINDER_START_PROGRESS": str(data.start_progress),
    }
    if record.attached:
        settings["VIEWFINDER_ATTACHED_FOLDER"] = record.attached
    if record.hosted:
        settings["VIEWFINDER_HOSTED_PAGE"] = record.hosted_url
    if not record.in_process:
        settings["AWS_ENDPOINT_URL_REKOGNITION"] = record.rekognition_url  # for the functions, which inherit it
    return Component(
        "emulator",
        (str(interpreter), str(EMULATOR)),
        {**_environment(data.key_pair()), **settings},
        f"{record.endpoint_url}/_ministack/health",
        data.logs / "emulator.log",
    )


def engine(data: DataDirectory, record: Record) -> Component:
    """Return the engine's process, which may read the stack's buckets and no others."""
    detector = ("--detector", record.detector) if record.detector else ()
    classifier = _classifier_options(record) if record.classifier else ()
    clip = ("--clip", record.clip) if record.clip else ()
    vocabulary = ("--vocabulary", record.vocabulary) if record.vocabulary else ()
    where = ("--host", "127.0.0.1", "--port", str(record.ports.engine))
    kept = ("--data-dir", str(data.faces))
    objects = ("--s3-endpoint", record.endpoint_url, "--allow-bucket", f"{STACK_NAME}-*")
    return Component(
        "engine",
        (
            sys.executable,
            "-m",
            "viewfinder.cli.main",
            "rekognition",
            "serve",
            *where,
            *kept,
            *objects,
            *detector,
            *classifier,
            *clip,
            *vocabulary,
        ),
        _environment(data.key_pair()),
        f"{record.rekognition_url}/healthz",
        data.logs / "engine.log",
    )


def _classifier_options(record: Record) -> tuple[str, ...]:
    files = ("--classifier", str(record.classifier), "--classes", str(record.classes))
    sure = ("--min-probability", str(record.min_probability)) if record.min_probability else ()
    return (*files, *sure)


def gallery(data: DataDirectory, record: Record, api: Path) -> Component:
    """Return the gallery's process, which answers the API with the handler of this function package."""
    from viewfinder.gallery.status import QUEUES

    status = ("--recovery", str(data.recovery), "--queue-urls", *(record.outputs[name] for name in QUEUES))
    return Component(
        "gallery",
        (
            *(sys.executable, "-m", "viewfinder.gallery.app", "--port", str(record.ports.gallery)),
            *("--stack", STACK_NAME, "--stage", STAGE, "--package", str(api), *status),
        ),
        {
            **_environment(data.operator() or data.key_pair()),
            "AWS_ENDPOINT_URL": record.endpoint_url,
            "AWS_ENDPOINT_URL_REKOGNITION": record.rekognition_url,  # to forget faces
            "VIEWFINDER_CATALOG": catalog_setting(data, record),
            "VIEWFINDER_VECTORS": vectors_setting(record),
            "VIEWFINDER_EMBEDDINGS": embeddings_setting(record),
            "VIEWFINDER_OUTBOX": str(bool(record.webhook)).lower(),
            "VIEWFINDER_GALLERY_TOKEN": record.gallery_token or "",  # arguments are everybody's to read
        },
        f"http://127.0.0.1:{record.ports.gallery}/healthz",
        data.logs / "gallery.log",
    )


def hosted(data: DataDirectory, record: Record) -> Component:
    """Return the process that stands in for CloudFront; it has no keys."""
    from viewfinder.domain.feature import Feature, read_features

    moderated = ("--moderated",) if Feature.MODERATION in read_features(record.features) else ()
    return Component(
        "hosted",
        (
            *(sys.executable, "-m", "viewfinder.local.hosted", "--port", str(record.ports.hosted)),
            *("--api", record.hosted_api_url, "--login", record.login_url),
            *("--client-id", record.outputs["GalleryClientId"], "--bucket", record.endpoint_url, *moderated),
        ),
        {name: os.environ[name] for name in FROM_OUR_ENVIRONMENT if name in os.environ} | {"PYTHONUNBUFFERED": "1"},
        f"http://127.0.0.1:{record.ports.hosted}/healthz",
        data.logs / "hosted.log",
    )


def recovery(data: DataDirectory, record: Record) -> Component:
    """Return the process that reconciles the catalog with the buckets, and then ends."""
    return Component(
        "recovery",
        (sys.executable, "-m", "viewfinder.local.recovery", str(data.path)),
        _environment(data.operator() or data.key_pair()),
        record.endpoint_url,
        data.logs / "recovery.log",
    )


def attached(data: DataDirectory, record: Record) -> Component:
    """Return the process that follows the attached folder."""
    return _by_itself("attached", data, record)


def webhooks(data: DataDirectory, record: Record) -> Component:
    """Return the process that delivers events to the webhook."""
    return _by_itself("webhooks", data, record)


def _by_itself(name: str, data: DataDirectory, record: Record) -> Component:
    """Return a process that nobody asks anything."""
    return Component(
        name,
        (sys.executable, "-m", f"viewfinder.local.{name}", str(data.path)),
        _environment(data.operator() or data.key_pair()),
        record.endpoint_url,
        data.logs / f"{name}.log",
    )


def catalog_setting(data: DataDirectory, record: Record) -> str:
    """Return the value of VIEWFINDER_CATALOG."""
    return CatalogFile(data).setting if record.catalog == SQLITE else record.catalog


def vectors_setting(record: Record) -> str:
    """Return the value of VIEWFINDER_VECTORS: the engine's vectors are kept beside the catalog, if that is a file."""
    return "catalog" if record.catalog == SQLITE else ""


def embeddings_setting(record: Record) -> str:
    """Return the value of VIEWFINDER_EMBEDDINGS: a model of the user's is in the engine's process."""
    return record.rekognition_url if record.clip else ""


def _environment(keys: KeyPair) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in FROM_OUR_ENVIRONMENT if name in os.environ}
    return inherited | {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,  # HOME is the user's, whose profiles are not ours
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
    }
