"""Deploy, update, fail and destroy: the commands that go to AWS, here against the emulator."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.e2e.conftest import PROJECT, RunningStack
from viewfinder.cli import deploy as deploy_command
from viewfinder.cli import package as package_command
from viewfinder.cli.main import app

NAME = "second"
AS_THE_EMULATOR = ("--parameter", "RequireTls=false", "--parameter", "ApiAccessLogs=Disabled")

BROKEN_BUCKET = """
  Broken:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations: [{Event: 's3:ObjectCreated:*', Queue: 'arn:aws:sqs:us-east-1:000000000000:nowhere'}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is deployed, to change."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("infrastructure", "lambdas", "src"):
        shutil.copytree(PROJECT / folder, root / folder, ignore=shutil.ignore_patterns("*.onnx", "__pycache__"))
    return root


@pytest.fixture(autouse=True)
def _emulator_as_aws(stack: RunningStack, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell of someone who has run `eval "$(viewfinder env)"`."""
    for name, value in stack.local.environment().items():
        monkeypatch.setenv(name, value)
    for command in (deploy_command, package_command):
        monkeypatch.setattr(command, "template", lambda: project / "infrastructure" / "template.yaml")


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments], input=answer)
    return result.exit_code, result.stdout + result.stderr


def deploy(*arguments: str, name: str = NAME) -> tuple[int, str]:
    return run("deploy", "--stack", name, *arguments)


def status(stack: RunningStack, name: str = NAME) -> str | None:
    stacks = stack.client("cloudformation").describe_stacks()["Stacks"]
    return next((found["StackStatus"] for found in stacks if found["StackName"] == name), None)


def code_of_functions(stack: RunningStack) -> dict[str, str]:
    """Map each function of the second stack to the hash of its code."""
    functions = stack.client("lambda").list_functions()["Functions"]
    return {
        re.sub(rf"^{NAME}-|-\w+$", "", found["FunctionName"]): found["CodeSha256"]
        for found in functions
        if found["FunctionName"].startswith(NAME)
    }


@pytest.fixture(scope="module")
def deployed(stack: RunningStack, project: Path) -> None:
    """The second stack, deployed once by the command itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack.local.environment().items():
            patch.setenv(name, value)
        patch.setattr(deploy_command, "template", lambda: project / "infrastructure" / "template.yaml")
        code, printed = deploy("--yes", *AS_THE_EMULATOR)
    assert code == 0, printed
    assert "Deployed." in printed
    assert re.search(r"Account +000000000000", printed)
    assert f"{NAME}-images-000000000000-us-east-1" in printed.replace("\n", "")


def test_a_change_set_is_shown_and_a_no_changes_nothing(stack: RunningStack) -> None:
    code, printed = run("deploy", "--stack", "declined", answer="n\n")

    assert code == 1
    assert "ImageProcessingFunction" in printed
    assert "Nothing was changed." in printed
    stacks = stack.client("cloudformation").describe_stacks()["Stacks"]
    assert "declined" not in {found["StackName"] for found in stacks if found["StackStatus"] != "DELETE_COMPLETE"}


def test_a_ctrl_c_at_the_question_leaves_no_stack_in_review(stack: RunningStack) -> None:
    code, _ = run("deploy", "--stack", "interrupted", answer="")  # the end of the input, which Typer treats alike

    assert code == 1
    stacks = stack.client("cloudformation").describe_stacks()["Stacks"]
    assert "interrupted" not in {found["StackName"] for found in stacks if found["StackStatus"] != "DELETE_COMPLETE"}


@pytest.mark.usefixtures("deployed")
def test_deploying_the_same_again_does_nothing() -> None:
    deploy("--yes")  # another test may have changed it
    code, printed = deploy("--yes")

    assert code == 0
    assert "Nothing to change." in printed


@pytest.mark.usefixtures("deployed")
def test_a_change_of_one_function_updates_only_it(stack: RunningStack, project: Path) -> None:
    before = code_of_functions(stack)
    with (project / "lambdas/api_handler/handler.py").open("a") as handler:
        handler.write("# changed\n")

    code, printed = deploy("--yes")

    after = code_of_functions(stack)
    assert code == 0, printed
    assert {name for name in after if after[name] != before[name]} == {"ApiHandlerFunction"}
    assert status(stack) == "UPDATE_COMPLETE"


@pytest.mark.usefixtures("deployed")
def test_one_functions_code_is_updated_from_its_package(stack: RunningStack, project: Path, tmp_path: Path) -> None:
    (found,) = stack.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in found["Outputs"]}
    with (project / "lambdas/label_statistics/handler.py").open("a") as handler:
        handler.write("# packaged\n")
    out = tmp_path / "function.zip"

    code, printed = run("package", "label_statistics", "-o", str(out))
    again = run("package", "label_statistics", "-o", str(out))
    answer = stack.client("lambda").update_function_code(
        FunctionName=outputs["LabelStatisticsFunctionName"], ZipFile=out.read_bytes()
    )

    assert code == 0, printed
    assert printed.split()[-1] == answer["CodeSha256"]
    assert (again[0], "is there already; --overwrite replaces it" in again[1]) == (2, True)
    assert code_of_functions(stack)["LabelStatisticsFunction"] == answer["CodeSha256"]


@pytest.mark.usefixtures("deployed")
def test_a_deployment_that_fails_tells_the_real_cause_and_is_rolled_back(stack: RunningStack, project: Path) -> None:
    template = project / "infrastructure/template.yaml"
    sound = template.read_text()
    template.write_text(sound.replace("\nOutputs:\n", f"{BROKEN_BUCKET}\nOutputs:\n"))
    before = code_of_functions(stack)

    code, printed = deploy("--yes")

    template.write_text(sound)
    assert code == 1
    assert re.search(r"Error: Broken \(AWS::S3::Bucket\): .*destination", printed)
    assert status(stack) == "UPDATE_ROLLBACK_COMPLETE"
    assert code_of_functions(stack) == before


@pytest.mark.usefixtures("deployed")
def test_a_stack_is_tagged_and_protected_as_asked_and_the_protection_holds(stack: RunningStack) -> None:
    code, printed = deploy("--yes", "--tag", "team=photos", "--termination-protection")
    assert code == 0, printed
    (found,) = stack.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    assert (tags, found["EnableTerminationProtection"]) == ({"application": "viewfinder", "team": "photos"}, True)

    code, printed = run("destroy", "--stack", NAME, "--yes")
    assert (code, "--no-termination-protection" in printed) == (1, True)

    assert deploy("--yes", "--no-termination-protection")[0] == 0


def test_destroying_takes_the_data_only_when_told_so(stack: RunningStack) -> None:
    code, printed = deploy("--yes", *AS_THE_EMULATOR, name="filled")
    assert code == 0, printed
    s3 = stack.client("s3")
    bucket = "filled-images-000000000000-us-east-1"
    s3.put_object(Bucket=bucket, Key="a picture.jpg", Body=b"")

    code, printed = run("destroy", "--stack", "filled", "--yes")
    assert (code, status(stack, "filled")) == (1, "CREATE_COMPLETE"), printed
    assert "not empty" in printed, printed

    code, printed = run("destroy", "--stack", "filled", "--delete-data", answer="n\n")
    assert (code, status(stack, "filled")) == (1, "CREATE_COMPLETE")

    code, printed = run("destroy", "--stack", "filled", "--delete-data", "--yes")
    assert code == 0, printed
    assert status(stack, "filled") in {None, "DELETE_COMPLETE"}
    assert bucket not in {found["Name"] for found in s3.list_buckets()["Buckets"]}
    assert "Stays: viewfinder-artifacts-000000000000-us-east-1" in printed

    code, printed = run("destroy", "--stack", "filled", "--yes")
    assert (code, printed.strip()) == (0, "There is no stack filled in us-east-1 (account 000000000000).")


def test_a_stack_without_data_is_destroyed_with_its_empty_buckets(stack: RunningStack) -> None:
    code, printed = deploy("--yes", *AS_THE_EMULATOR, name="empty")
    assert code == 0, printed

    code, printed = run("destroy", "--stack", "empty", "--yes")

    assert code == 0, printed
    assert status(stack, "empty") in {None, "DELETE_COMPLETE"}
    buckets = {found["Name"] for found in stack.client("s3").list_buckets()["Buckets"]}
    assert buckets.isdisjoint(f"empty-{each}-000000000000-us-east-1" for each in ("images", "derived"))
