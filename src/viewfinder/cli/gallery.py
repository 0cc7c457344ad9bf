"""`viewfinder gallery`: the gallery of a stack on AWS, served on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from viewfinder.cli._options import Region, StackName


def gallery(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8080,
) -> None:
    """Look at the images of a stack on AWS; requests are signed with your own AWS credentials."""
    from viewfinder.cli.deploy import home_of
    from viewfinder.deployment.stack import Stack
    from viewfinder.domain.errors import ViewfinderError
    from viewfinder.gallery.app import serve
    from viewfinder.gallery.status import Sources
    from viewfinder.local.processes import require_free

    require_free(port, "--port")
    home = home_of(region)
    outputs = Stack(home, stack).outputs
    if not outputs:
        raise ViewfinderError(f"There is no stack {stack} in {home.region}: see viewfinder deploy.")
    log_group = f"/aws/lambda/{stack}-image-processing"
    typer.echo(f"The gallery of {stack} is at http://localhost:{port}/ until Ctrl-C.")
    serve(
        outputs["ApiUrl"],
        port,
        home.session,
        Sources(outputs["QueueUrl"], outputs["DeadLetterQueueUrl"], log_group),
    )
