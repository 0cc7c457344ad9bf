"""The stacks that are measured: Viewfinder's and the baseline's, side by side on one emulator."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.baseline.deployment import deploy_baseline
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

TEMPLATE = Path(__file__).parents[1] / "infrastructure" / "template.yaml"


@dataclass(frozen=True)
class Stacks:
    """Both stacks, running."""

    local: LocalStack
    baseline: dict[str, str]

    @property
    def outputs(self) -> dict[str, str]:
        """What Viewfinder's stack gives out."""
        return self.local.record.outputs

    def client(self, service: str) -> Any:
        """Return a client of the emulator's root user."""
        session: Any = self.local.session
        return session.client(service, endpoint_url=self.local.record.endpoint_url)

    def function_environment(self, role: str) -> dict[str, str]:
        """Return the variables that the template sets for a function, known by a part of its name."""
        functions = self.client("lambda").list_functions()["Functions"]
        (function,) = [
            one for one in functions if role in one["FunctionName"] and "baseline" not in one["FunctionName"]
        ]
        return dict(function["Environment"]["Variables"])

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep queue and stream from calling the functions, and empties the queue in the end."""
        self._enable(False)
        try:
            yield
        finally:
            self.client("sqs").purge_queue(QueueUrl=self.outputs["QueueUrl"])
            self._enable(True)

    def _enable(self, enabled: bool) -> None:
        client = self.client("lambda")
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
            client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


@contextmanager
def running_stacks(catalog: str) -> Iterator[Stacks]:
    """Start both on free ports in a temporary folder, and remove them in the end."""
    with tempfile.TemporaryDirectory(prefix="viewfinder-bench-") as folder:
        local = LocalStack(DataDirectory(Path(folder) / "stack"))
        local.up(TEMPLATE, Options(free_port(), free_port(), catalog=catalog, features="LABELS"), silent)
        try:
            environment = Environment(local.session, local.record.endpoint_url)
            yield Stacks(local, deploy_baseline(environment, Path(folder)))
        finally:
            local.down()
