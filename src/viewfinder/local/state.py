"""The stack's record: what runs, where it listens, what is deployed. It outlives the processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from viewfinder.local.processes import Process

REGION = "us-east-1"
"""The emulator's region."""

STAGE = "prod"


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the components listen, all on 127.0.0.1; kept from one `up` to the next."""

    emulator: int
    gallery: int
    engine: int


@dataclass(frozen=True, slots=True)
class Record:
    """What the last `up` did.

    `processes` are empty after an orderly stop. `fingerprint` names the deployment that is safe on disk. `unclean`
    stays until a crash has been recovered from.
    """

    ports: Ports
    detector: str | None = None
    processes: tuple[Process, ...] = ()
    fingerprint: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    unclean: bool = False

    @property
    def running(self) -> bool:
        """Whether every component is alive."""
        return bool(self.processes) and all(process.alive for process in self.processes)

    @property
    def endpoint_url(self) -> str:
        """The emulator: every AWS service but Rekognition."""
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def rekognition_url(self) -> str:
        """The DetectLabels engine."""
        return f"http://127.0.0.1:{self.ports.engine}"

    @property
    def gallery_url(self) -> str:
        """The gallery: signs for its user."""
        return f"http://localhost:{self.ports.gallery}"

    @property
    def api_url(self) -> str:
        """The REST API, up to its stage. (The emulator's form that needs no name to be resolved.)"""
        return f"{self.endpoint_url}/_aws/execute-api/{self.outputs.get('ApiId')}/{STAGE}"

    def process(self, name: str) -> Process:
        """Return the process of a component."""
        return next(process for process in self.processes if process.name == name)

    def stopped(self) -> Record:
        """Return the record of the same stack at rest; it remembers whether a component had ended by itself."""
        crashed = any(not process.alive for process in self.processes)
        return replace(self, processes=(), unclean=self.unclean or crashed)

    def save(self, file: Path) -> None:
        """Write the record whole or not at all."""
        unfinished = file.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self), indent=2))
        unfinished.replace(file)


def load(file: Path) -> Record | None:
    """Read a record, None where there is none."""
    if not file.exists():
        return None
    fields = json.loads(file.read_text())
    processes = tuple(Process(**process) for process in fields.pop("processes"))
    return Record(ports=Ports(**fields.pop("ports")), processes=processes, **fields)
