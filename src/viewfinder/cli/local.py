"""`viewfinder up`, `down`, `reset` and `env`: the pipeline on this machine; `gallery`: the web page of any stack."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from viewfinder.cli._leaving_people import ForgetPeople, agrees_to_forget, forget_people_of, leaves_people
from viewfinder.cli._options import (
    AsJson,
    DataDir,
    ProgressLines,
    Region,
    StackName,
    Yes,
    features_option,
    local_stack,
    pairs,
    template,
)
from viewfinder.cli._printing import new_console, print_json, print_line, print_pairs, print_raw, say
from viewfinder.cli._target import Profile, find_target

if TYPE_CHECKING:
    from rich.console import Console

    from viewfinder.local.running import Running
    from viewfinder.local.stack import LocalStack, Up

MAX_PORT = 65535

GalleryToken = Annotated[
    bool | None,
    typer.Option(
        "--gallery-token/--no-gallery-token",
        help="Lock the gallery by a token in its address.",
        show_default="where others can log in, or as last time",
    ),
]


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when the stack is up.")] = False,
    port: Annotated[
        int | None,
        typer.Option(help="Port of the AWS emulator.", show_default="4566, or as last time", min=1, max=MAX_PORT),
    ] = None,
    gallery_port: Annotated[
        int | None, typer.Option(help="Port of the gallery.", show_default="8080, or as last time", min=1, max=MAX_PORT)
    ] = None,
    data_dir: DataDir = None,
    detector: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|builtin",
            help="ONNX detector to use instead of the built-in one.",
            show_default="builtin, or as last time",
        ),
    ] = None,
    classifier: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|builtin",
            help="ONNX image classifier to use in addition to the engine's.",
            show_default="builtin, or as last time",
        ),
    ] = None,
    classes: Annotated[
        Path | None,
        typer.Option(
            help="File with the classifier's class names, one per line.",
            exists=True,
            dir_okay=False,
            show_default="as last time",
        ),
    ] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            help="Probability that becomes a confidence of 55.", min=0, max=1, show_default="0.5, or as last time"
        ),
    ] = None,
    clip: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|off",
            help="Your CLIP model, which finds images by what words describe (docs/similar.md has the files).",
            show_default="off, or as last time",
        ),
    ] = None,
    vocabulary: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|off",
            help="Names, one a line, that become labels where the CLIP model sees them.",
            show_default="off, or as last time",
        ),
    ] = None,
    catalog: Annotated[
        Literal["sqlite", "dynamodb"] | None,
        typer.Option(help="Kind of catalog; dynamodb is emulated.", show_default="sqlite, or as last time"),
    ] = None,
    features: Annotated[
        str | None,
        features_option(show_default="LABELS,TEXT, or as last time"),
    ] = None,
    in_process: Annotated[
        bool | None,
        typer.Option(
            "--detector-in-process/--detector-over-the-wire",
            help="Whether the engine runs inside the image function.",
            show_default="over the wire, or as last time",
        ),
    ] = None,
    keep_location: Annotated[
        bool | None,
        typer.Option(
            "--keep-location/--drop-location",
            help="Keep where pictures were taken (GPS), of those analysed from now on.",
            show_default="drop, or as last time",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A parameter of the template, such as KeepLocation=true.",
            show_default="as last time",
        ),
    ] = None,
    attach: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Analyse the pictures of this folder where they are, and follow it; nothing in it is changed.",
            exists=True,
            file_okay=False,
            show_default="as at the first start",
        ),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option(
            metavar="URL|off",
            help="Send an event of each change of an image to this URL (see: viewfinder webhooks).",
            show_default="off, or as last time",
        ),
    ] = None,
    hosted: Annotated[
        bool | None,
        typer.Option(
            "--hosted/--not-hosted",
            help="Serve the gallery to people who sign in, too, as on AWS (see: viewfinder users).",
            show_default="not hosted, or as last time",
        ),
    ] = None,
    hosted_port: Annotated[
        int | None,
        typer.Option(help="Port of the hosted gallery.", show_default="8081, or as last time", min=1, max=MAX_PORT),
    ] = None,
    gallery_token: GalleryToken = None,
    forget_people: ForgetPeople = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Rebuild the catalog from the buckets.")] = False,
    samples: Annotated[bool, typer.Option("--samples/--no-samples", help="Analyse the sample photos.")] = False,
) -> None:
    """Start the pipeline on this machine, and run until Ctrl-C."""
    from viewfinder.gallery.guard import others_use_this_machine
    from viewfinder.local.state import Options

    console = new_console()
    stack = local_stack(data_dir)
    # A polite kill is a Ctrl-C: what was started is stopped in order.
    signal.signal(signal.SIGTERM, _interrupt)
    options = Options(
        *(port, gallery_port, _absolute(detector), catalog, rebuild, features),
        gallery_token=gallery_token,
        has_other_users=others_use_this_machine(),
        in_process=in_process,
        classifier=_absolute(classifier, "--classifier"),
        classes=str(classes.absolute()) if classes else None,
        min_probability=min_probability,
        clip=_existing(clip, "--clip", Path.is_dir, "folder"),
        vocabulary=_existing(vocabulary, "--vocabulary", Path.is_file, "file"),
        parameters=_parameters(parameter or []) | _location(keep_location),
        attach=_folder(attach, stack.data.path),
        webhook=webhook,
        hosted=hosted,
        hosted_port=hosted_port,
    )
    if samples and attach:
        raise typer.BadParameter("an attached folder is only read", param_hint="--samples")
    if leaves_people(stack.last_features, features) and agrees_to_forget(forget_people):
        _start(stack, Options(), console)  # as last time: what forgets is the stack that knows people
        forget_people_of(stack.application())
    running, started = _start(stack, options, console)
    stays = started and not detach
    with _stopped_at_the_end(stack, console) if stays else nullcontext():
        print_line(console, ("Up.", "bold green") if started else "Up already.")
        if samples:
            _import_samples(running, console)
        _show(running, console)
        if stays:
            say("Ctrl-C stops it.")
            stack.watch(running.record)
            raise _StoppedFromElsewhereError


def _folder(folder: Path | None, data: Path) -> str | None:
    """Return the real path of a folder to attach; raise BadParameter where the stack's own files would be in it."""
    if folder is None:
        return None
    real, own = folder.resolve(), data.resolve()
    if own.is_relative_to(real) or real.is_relative_to(own):
        raise typer.BadParameter(f"{real} and the data directory {own} lie in one another", param_hint="--attach")
    return str(real)


def _location(is_kept: bool | None) -> dict[str, str]:
    return {} if is_kept is None else {"KeepLocation": str(is_kept).lower()}


def _parameters(texts: list[str]) -> dict[str, str]:
    from viewfinder.deployment.packages import read_template
    from viewfinder.local.parameters import checked

    return checked(pairs(texts, "--parameter"), read_template(template())["Parameters"]) if texts else {}


def _absolute(network: str | None, option: str = "--detector") -> str | None:
    if network in {None, "builtin"}:
        return network
    path = Path(str(network)).absolute()
    if not path.is_file():
        raise typer.BadParameter(f"{path} is not a file", param_hint=option)
    return str(path)


def _existing(name: str | None, option: str, exists: Callable[[Path], bool], kind: str) -> str | None:
    """Return the absolute path of a folder or file, or `off`; raise BadParameter where there is none."""
    if name in {None, "off"}:
        return name
    path = Path(str(name)).absolute()
    if not exists(path):
        raise typer.BadParameter(f"{path} is not a {kind}", param_hint=option)
    return str(path)


def _start(stack: LocalStack, options: Any, console: Console) -> Up:
    with console.status("Starting") as status:
        return stack.up(template(), options, ProgressLines(console, status, brief=True))


def _import_samples(running: Running, console: Console) -> None:
    from viewfinder.cli._target import on_this_machine
    from viewfinder.cli.import_ import import_folder

    import_folder(on_this_machine(running), template().parents[1] / "samples", console)


def _show(running: Running, console: Console) -> None:
    record, environment, data = running.record, running.environment(), running.data
    urls = {
        "Gallery": record.gallery_url,
        **({"Hosted gallery": record.hosted_url} if record.hosted else {}),
        "REST API": record.api_url,
        "API without a signature": f"{record.gallery_url}/prod/images",
        **(
            {"Images": record.attached}
            if record.attached
            else {"Put images into": f"s3://{environment['VIEWFINDER_BUCKET']}"}
        ),
        **({"Events to": record.webhook} if record.webhook else {}),
        "Data": str(data.path),
        "Catalog": record.catalog,
        "Looks for": record.features.lower().replace(",", ", "),
        "Detector": "the engine, in the image function" if record.in_process else "the engine, over its wire",
        **({"Words": record.clip} if record.clip else {}),
        "For AWS's tools": f'eval "$({data.command("env")})"',
    }
    print_pairs(console, "Viewfinder", urls)
    if running.recovery:
        say("The catalog is being completed from the buckets: `viewfinder status` shows the progress.")


class _StoppedFromElsewhereError(Exception):
    """Another command has stopped the stack; a stack that runs now belongs to another command."""


@contextmanager
def _stopped_at_the_end(stack: LocalStack, console: Console) -> Iterator[None]:
    """Stop the stack at the end of the block; Ctrl-C and a `down` in another terminal are not failures."""
    is_ours = True
    try:
        with suppress(KeyboardInterrupt, typer.Abort):
            yield
    except _StoppedFromElsewhereError:
        is_ours = False
        say("Another command stopped the stack.")
    finally:
        if is_ours:
            with console.status("Stopping"):
                stack.down()
            say("Stopped; the data stays.")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def down(*, data_dir: DataDir = None) -> None:
    """Stop the pipeline on this machine; its data stays."""
    console = new_console()
    with console.status("Stopping"):
        stopped = local_stack(data_dir).down()
    say("Stopped; the data stays." if stopped else "Nothing was running.")


def reset(*, yes: Yes = False, data_dir: DataDir = None) -> None:
    """Remove the pipeline on this machine with all its data."""
    stack = local_stack(data_dir)
    if not stack.data.path.exists():
        say(f"There is no stack at {stack.data.path}.")
        return
    stack.data.require_stack()
    if not yes:
        typer.confirm(f"Delete {stack.data.path} with every image in it?", abort=True)
    stack.reset()
    say(f"Deleted {stack.data.path}.")


MISLEADING = re.compile(
    r"AWS_(?:PROFILE|DEFAULT_PROFILE|SESSION_TOKEN|SECURITY_TOKEN|CONFIG_FILE|SHARED_CREDENTIALS_FILE|CA_BUNDLE"
    r"|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_(?:FULL|RELATIVE)_URI|USE_(?:FIPS|DUALSTACK)_ENDPOINT"
    r"|IGNORE_CONFIGURED_ENDPOINT_URLS|ENDPOINT_URL_\w+)"
)
"""Variables of the user's shell that would direct AWS's tools to another endpoint or other keys."""


def env(*, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print the shell variables that AWS's tools need for the local stack: eval "$(viewfinder env)"."""
    variables = local_stack(data_dir).environment()
    if as_json:
        print_json(variables)
        return
    for name in sorted(found for found in os.environ if MISLEADING.fullmatch(found) and found not in variables):
        print_raw(f"unset {name}")
    for name, value in variables.items():
        print_raw(f"export {name}={shlex.quote(value)}")


def gallery(
    *,
    stack: StackName = "viewfinder",
    region: Region = None,
    profile: Profile = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8080,
    gallery_token: GalleryToken = None,
) -> None:
    """Serve the gallery of a stack on AWS; it signs requests with your own AWS credentials."""
    from viewfinder.domain.feature import Feature, read_features
    from viewfinder.gallery.address import gallery_address
    from viewfinder.gallery.app import serve
    from viewfinder.gallery.guard import Guard, others_use_this_machine
    from viewfinder.gallery.proxy import SignedApi
    from viewfinder.gallery.status import Sources
    from viewfinder.local.processes import require_free
    from viewfinder.operations.signing import Signer

    target = find_target(stack, region, profile)
    require_free(port, "--port")
    sources = Sources.of(target.outputs, stack)
    is_locked = others_use_this_machine() if gallery_token is None else gallery_token
    guard = Guard(port, secrets.token_urlsafe(32) if is_locked else "")
    say(f"The gallery of {stack} is at {gallery_address(port, guard.access_token)} until Ctrl-C.")
    api = SignedApi(target.outputs["ApiUrl"].rstrip("/"), Signer(target.session))
    is_moderated = Feature.MODERATION in read_features(target.settings.features)
    serve(api, guard, target.session, sources, is_moderated=is_moderated)
