"""The local stack's record, ports and the state that a restart finds."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import damage
from viewfinder.local import components, files, processes
from viewfinder.local.catalog import CatalogFile
from viewfinder.local.data_directory import DataDirectory, KeyPair, session
from viewfinder.local.files import DamagedFileError
from viewfinder.local.ministack.objects import MARK
from viewfinder.local.ministack.saving import resume, was_saved
from viewfinder.local.processes import LocalStackError, NotRunningError, PortTakenError, Process
from viewfinder.local.running import parameters_of
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import DYNAMODB, LAYOUT, SQLITE, Options, Ports, Record, load, with_options

OUTPUTS = {
    "ApiId": "a1b2c3d4",
    "ImagesBucketName": "viewfinder-images-000000000000-us-east-1",
    "DerivedBucketName": "viewfinder-derived-000000000000-us-east-1",
    "TableName": "viewfinder-catalog",
    "QueueUrl": "http://localhost:4566/000000000000/queue",
    "DeadLetterQueueUrl": "http://localhost:4566/000000000000/dead",
    "SecondStageQueueUrl": "http://localhost:4566/000000000000/second",
    "SecondStageDeadLetterQueueUrl": "http://localhost:4566/000000000000/second-dead",
}
RECORD = Record(Ports(emulator=4566, gallery=8080, engine=9000), outputs=OUTPUTS)
MYSELF = Process("engine", os.getpid(), psutil.Process().create_time(), "log")
GONE = replace(MYSELF, started=0.0)


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory(tmp_path)
    directory.prepare()
    return directory


def test_a_record_is_read_as_it_was_written(data: DataDirectory) -> None:
    record = replace(RECORD, processes=(MYSELF,), detector="better.onnx", fingerprint="f")

    record.save(data.record)

    assert load(data.record) == record
    assert record.running


def test_there_is_no_record_at_first(data: DataDirectory) -> None:
    assert load(data.record) is None


def test_a_stack_with_a_dead_component_does_not_run() -> None:
    assert not replace(RECORD, processes=(MYSELF, GONE)).running
    assert replace(RECORD, processes=(MYSELF, GONE)).stopped() == RECORD


def test_a_record_of_the_first_layout_is_read_and_brought_up_to_date(data: DataDirectory) -> None:
    first: dict[str, Any] = {
        "ports": {"emulator": 4566, "gateway": 8080, "engine": 9000},
        "detector": None,
        "processes": [],
        "fingerprint": "f",
        "outputs": OUTPUTS,
        "unclean": False,
    }
    data.record.write_text(json.dumps(first))

    found = load(data.record)

    assert found == replace(RECORD, fingerprint="f", layout=1)
    assert with_options(found, Options()) == replace(RECORD, fingerprint="f")
    with pytest.raises(LocalStackError, match="can't be read any more"):
        with_options(found, Options(catalog=DYNAMODB))


def test_a_stack_that_an_earlier_version_runs_is_not_shown_half(data: DataDirectory) -> None:
    replace(RECORD, processes=(MYSELF,), layout=1).save(data.record)

    with pytest.raises(LocalStackError, match="viewfinder up"):
        LocalStack(data).application()


def test_a_record_of_a_newer_version_is_refused(data: DataDirectory) -> None:
    replace(RECORD, layout=LAYOUT + 1).save(data.record)

    with pytest.raises(LocalStackError, match="newer version"):
        load(data.record)


def test_the_options_are_put_over_what_is_remembered() -> None:
    remembered = replace(RECORD, detector="better.onnx", catalog=DYNAMODB)

    fresh = Record(Ports(4566, 8080, engine=0), catalog=SQLITE, features="LABELS,TEXT")
    assert with_options(None, Options()) == fresh
    assert with_options(fresh, Options(features="LABELS")).features == "LABELS"
    assert with_options(None, Options(catalog=DYNAMODB)).catalog == DYNAMODB
    assert with_options(remembered, Options()) == remembered
    assert with_options(remembered, Options(port=1, gallery_port=2)).ports == Ports(1, 2, engine=9000)
    assert with_options(remembered, Options(detector="best.onnx")).detector == "best.onnx"
    assert with_options(remembered, Options(detector="builtin")).detector is None
    places = with_options(remembered, Options(classifier="places.onnx", classes="places.txt", min_probability=0.3))
    assert with_options(places, Options()) == places
    assert with_options(places, Options(classifier="builtin")) == remembered
    assert (places.classifier, places.classes, places.min_probability) == ("places.onnx", "places.txt", 0.3)
    with pytest.raises(LocalStackError, match="--classifier and --classes belong together"):
        with_options(remembered, Options(classifier="places.onnx"))
    with pytest.raises(LocalStackError, match="needs --detector-over-the-wire"):
        with_options(places, Options(in_process=True))
    wordy = with_options(RECORD, Options(clip="/models/clip", vocabulary="/names.txt"))
    assert (wordy.clip, wordy.vocabulary) == ("/models/clip", "/names.txt")
    assert with_options(wordy, Options()) == wordy
    assert with_options(wordy, Options(vocabulary="off")).clip == "/models/clip"
    assert with_options(wordy, Options(clip="off")) == with_options(RECORD, Options())
    with pytest.raises(LocalStackError, match="--vocabulary needs --clip"):
        with_options(RECORD, Options(vocabulary="/names.txt"))
    with pytest.raises(LocalStackError, match="needs the SQLite catalog"):
        with_options(remembered, Options(clip="/models/clip"))
    with pytest.raises(LocalStackError, match="needs --detector-over-the-wire"):
        with_options(wordy, Options(in_process=True))
    within = with_options(remembered, Options(in_process=True))
    assert (within.in_process, with_options(within, Options()).in_process) == (True, True)
    assert with_options(within, Options(in_process=False)) == remembered
    keeping = with_options(remembered, Options(parameters={"KeepLocation": "true"}))
    assert with_options(keeping, Options()).parameters == {"KeepLocation": "true"}
    assert parameters_of(keeping)["KeepLocation"] == "true"
    assert "KeepLocation" not in parameters_of(remembered)
    dropping = with_options(keeping, Options(parameters={"KeepLocation": "false"}))
    assert dropping.parameters == {"KeepLocation": "false"}


def test_another_catalog_is_refused_with_the_way_to_it() -> None:
    with pytest.raises(LocalStackError, match=r"is sqlite.*viewfinder up --catalog dynamodb --rebuild"):
        with_options(RECORD, Options(catalog=DYNAMODB))

    assert with_options(RECORD, Options(catalog=DYNAMODB, rebuild=True)).catalog == DYNAMODB


@pytest.mark.parametrize("options", [Options(port=8080), Options(gallery_port=4566), Options(port=1, gallery_port=1)])
def test_one_port_for_two_is_refused(options: Options) -> None:
    with pytest.raises(LocalStackError, match="choose two"):
        with_options(RECORD, options)


def test_only_the_mark_says_that_the_state_was_saved(tmp_path: Path) -> None:
    assert not was_saved(tmp_path)

    (tmp_path / MARK).touch()

    assert was_saved(tmp_path)


def test_operators_commands_find_the_catalog_of_the_functions(data: DataDirectory) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    for catalog, setting in ((SQLITE, f"sqlite:{data.path}/catalog.db?mode=rw"), (DYNAMODB, "dynamodb")):
        record = replace(RECORD, processes=(MYSELF,), catalog=catalog)
        record.save(data.record)

        assert LocalStack(data).application().settings.catalog == setting
        assert components.emulator(data, record, Path("python")).environment["VIEWFINDER_CATALOG"] == setting


@pytest.mark.parametrize(("in_process", "detector"), [(False, "Rekognition"), (True, "Engine")])
def test_functions_and_operators_commands_use_the_same_detector(
    data: DataDirectory, in_process: bool, detector: str
) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    record = replace(RECORD, processes=(MYSELF,), in_process=in_process, detector="better.onnx")
    record.save(data.record)

    settings = LocalStack(data).settings
    environment = components.emulator(data, record, Path("python")).environment

    assert (settings.detector, settings.engine_detector) == (detector, "better.onnx")
    assert environment["VIEWFINDER_ENGINE_DETECTOR"] == "better.onnx"
    assert ("AWS_ENDPOINT_URL_REKOGNITION" in environment) == (not in_process)


def test_the_users_profiles_and_files_have_no_influence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile production]\nregion = eu-west-1\nendpoint_url = http://elsewhere\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    for profile in ("production", "missing"):
        monkeypatch.setenv("AWS_PROFILE", profile)

        client = session(KeyPair("AKIAOPERATOR", "secret")).client("s3", endpoint_url="http://127.0.0.1:1")

        assert client.meta.region_name == "us-east-1"
        assert client.meta.endpoint_url == "http://127.0.0.1:1"
        config: Any = client.meta.config  # whose stub has no proxies
        assert config.proxies == {}


def test_what_is_not_a_stacks_directory_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()

    with pytest.raises(LocalStackError, match="not the data directory of a stack"):
        LocalStack(DataDirectory(tmp_path)).reset()

    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_a_reset_deletes_the_directory(data: DataDirectory) -> None:
    data.key_pair()

    LocalStack(data).reset()

    assert not data.path.exists()


def test_a_stack_at_rest_says_how_to_start_it(data: DataDirectory) -> None:
    RECORD.save(data.record)
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))

    with pytest.raises(NotRunningError, match="viewfinder up"):
        LocalStack(data).environment()


def test_the_environment_names_all_that_a_shell_needs(data: DataDirectory) -> None:
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    keys = KeyPair("AKIAOPERATOR", "secret")
    data.keep_operator(keys)

    assert LocalStack(data).environment() == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:9000",
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "VIEWFINDER_DATA_DIR": str(data.path),
        "AWS_REGION": "us-east-1",
        "VIEWFINDER_BUCKET": "viewfinder-images-000000000000-us-east-1",
        "VIEWFINDER_API_URL": "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod",
        "VIEWFINDER_GALLERY_URL": "http://localhost:8080",
    }


def test_functions_do_not_see_the_users_own_keys(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the user's")
    monkeypatch.setenv("AWS_PROFILE", "production")

    emulator = components.emulator(data, RECORD, Path("python"))

    assert emulator.environment["AWS_ACCESS_KEY_ID"] == data.key_pair().access_key_id
    assert not {"AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(emulator.environment)


def test_the_emulator_listens_on_loopback_and_enforces_iam(data: DataDirectory) -> None:
    environment = components.emulator(data, RECORD, Path("python")).environment

    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"


@pytest.mark.parametrize("component", [components.engine, partial(components.gallery, api=Path("api.zip"))])
def test_our_servers_listen_on_loopback(data: DataDirectory, component: components.Builder) -> None:
    assert component(data, RECORD).health_url.startswith("http://127.0.0.1:")


def test_saved_queues_follow_the_port_and_messages_in_work_come_back(tmp_path: Path) -> None:
    body = json.dumps({"visible_at": 17, "key": "http://localhost:4566/picture"})
    message = {"body": body, "visible_at": 1795389063.59, "receive_count": 1}
    saved = {"queues": {"http://localhost:4566/000000000000/queue": {"messages": [message]}}}
    (tmp_path / "sqs.json").write_text(json.dumps(saved))

    resume(tmp_path, 14566)

    assert json.loads((tmp_path / "sqs.json").read_text()) == {
        "queues": {"http://localhost:14566/000000000000/queue": {"messages": [{**message, "visible_at": 0}]}}
    }


@pytest.mark.enable_socket
@pytest.mark.enable_socket
def test_a_taken_port_is_told_with_its_holder_and_the_way_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(PortTakenError, match=rf"Port {port} is taken by .*process {os.getpid()}.*--gallery-port"):
            processes.require_free(port, "--gallery-port")

    processes.require_free(port, "--gallery-port")


def test_the_gallery_is_locked_where_others_use_the_machine_until_its_owner_opens_it() -> None:
    alone = with_options(None, Options())
    assert (alone.gallery_token, alone.gallery_url) == (None, "http://localhost:8080")

    shared = with_options(alone, Options(has_other_users=True))
    assert shared.gallery_token
    assert shared.gallery_url == f"http://localhost:8080/~{shared.gallery_token}"
    assert with_options(shared, Options(has_other_users=True)) == shared

    opened = with_options(shared, Options(gallery_token=False))
    assert opened.gallery_token == ""
    assert with_options(opened, Options(has_other_users=True)) == opened
    assert with_options(opened, Options(gallery_token=True)).gallery_token


def test_members_that_this_version_does_not_know_stay_in_the_record(data: DataDirectory) -> None:
    RECORD.save(data.record)
    document = json.loads(data.record.read_text())
    ports = {**document["ports"], "search": 9200}
    data.record.write_text(json.dumps({**document, "ports": ports, "colour": {"page": "dark"}}))

    found = load(data.record)
    assert found is not None
    with_options(found, Options(features="LABELS,TEXT")).save(data.record)

    assert found.ports == RECORD.ports
    assert json.loads(data.record.read_text())["colour"] == {"page": "dark"}


@pytest.mark.parametrize("harm", damage.SMALL_FILES)
def test_a_damaged_record_is_told_with_the_remedy(data: DataDirectory, harm: damage.Damage) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    harm(data.record)

    with pytest.raises(DamagedFileError, match=r"stack\.json can't be read: .*viewfinder up --rebuild --data-dir"):
        LocalStack(data).environment()


@pytest.mark.parametrize(
    "wrong",
    [
        {"ports": 4566},
        {"ports": {"emulator": "4566", "gallery": 8080, "engine": 1}},
        {"ports": {"emulator": 4566}},
        {"processes": [{"name": "engine"}]},
        {"processes": [{**asdict(MYSELF), "pid": "1"}]},
        {"catalog": "postgres"},
        {"outputs": ["a"]},
        {"layout": "2"},
        {"in_process": "yes"},
    ],
)
def test_a_record_with_members_of_another_kind_is_damaged(data: DataDirectory, wrong: dict[str, object]) -> None:
    RECORD.save(data.record)
    data.record.write_text(json.dumps({**json.loads(data.record.read_text()), **wrong}))

    with pytest.raises(DamagedFileError, match="it is not the record of a stack"):
        load(data.record)


@pytest.mark.parametrize("harm", damage.SMALL_FILES)
def test_damaged_keys_are_told_with_the_remedy(data: DataDirectory, harm: damage.Damage) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    harm(data.path / "operator.json")

    with pytest.raises(DamagedFileError, match=r"operator\.json can't be read: .*viewfinder up --data-dir"):
        LocalStack(data).environment()


@pytest.mark.parametrize("harm", damage.SMALL_FILES)
@pytest.mark.parametrize("name", ["credentials.json", "operator.json"])
def test_a_start_makes_other_keys_in_the_place_of_damaged_ones(
    data: DataDirectory, name: str, harm: damage.Damage
) -> None:
    first = data.key_pair()
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    harm(data.path / name)
    harmed = (data.path / name).read_bytes()

    kept = data.set_aside_damaged_keys()

    assert [path.name for path in kept] == [f"{name}.damaged"]
    assert kept[0].read_bytes() == harmed
    assert (data.key_pair() == first) == (name == "operator.json")
    assert (data.operator() is None) == (name == "operator.json")


@pytest.mark.parametrize("harm", damage.SMALL_FILES)
def test_a_damaged_note_of_the_recovery_says_that_there_is_one(data: DataDirectory, harm: damage.Damage) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    files.write(data.recovery, {"State": "RUNNING"})
    harm(data.recovery)

    assert (LocalStack(data).recovery or {}).get("State") in {"WAITING", None}
    assert LocalStack(data).recovery is not None


def test_a_damaged_record_does_not_hinder_a_stop(data: DataDirectory) -> None:
    data.record.write_text("{")

    assert LocalStack(data).down() is False
    assert data.record.read_text() == "{"


def test_what_is_wrong_with_a_running_stack_is_told_with_the_remedy(data: DataDirectory) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    CatalogFile(data).prepare()
    assert LocalStack(data).running.problems() == []

    data.database.unlink()
    (problem,) = LocalStack(data).running.problems()
    assert "catalog.db is missing. Rebuild it from the buckets: viewfinder up --data-dir" in problem

    data.database.write_bytes(b"no database" * 1000)
    (problem,) = LocalStack(data).running.problems()
    assert "file is not a database. Rebuild it from the buckets: viewfinder up --rebuild" in problem


def test_requests_that_failed_lately_are_counted(data: DataDirectory) -> None:
    data.keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    CatalogFile(data).prepare()
    now = datetime.now(UTC)
    times = (now - timedelta(minutes=20), now - timedelta(minutes=1), now)
    lines = [json.dumps({"level": "ERROR", "message": "request failed", "timestamp": str(time)}) for time in times]
    others = ["request failed", '{"message": "request failed"}', '{"message": "x: request failed"}', "{", "\udcff"]
    (data.logs / "gallery.log").write_text("\n".join([*lines, *others]), errors="replace")

    (problem,) = LocalStack(data).running.problems()

    assert problem.startswith("2 requests failed in the last 15 minutes. See: ")
