"""`viewfinder gallery`: the gallery of a stack on AWS, served on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from viewfinder.cli._options import Region, StackName
from viewfinder.cli._target import Profile, find_target


def gallery(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8080,
) -> None:
    """Look at the images of a stack on AWS; requests are signed with your own AWS credentials."""
    from viewfinder.gallery.app import serve
    from viewfinder.gallery.proxy import SignedApi
    from viewfinder.gallery.status import Sources
    from viewfinder.local.processes import require_free
    from viewfinder.operations.signing import Signer

    target = find_target(stack, region, profile)
    require_free(port, "--port")
    sources = Sources(target.outputs["QueueUrl"], target.outputs["DeadLetterQueueUrl"], stack)
    typer.echo(f"The gallery of {stack} is at http://localhost:{port}/ until Ctrl-C.")
    api = SignedApi(target.outputs["ApiUrl"].rstrip("/"), Signer(target.session))
    serve(api, port, target.session, sources)
