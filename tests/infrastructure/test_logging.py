"""Which lines of a function arrive in CloudWatch, for each LogLevel, by the rules of Lambda's own filter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from tests.infrastructure.translation import of_type, translate

LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]

FUNCTION = """
import json
from viewfinder.observability import logger, measure, publishing_metrics

with publishing_metrics():
    for level in ("debug", "info", "warning", "error"):
        getattr(logger, level)(level)
    measure("ImagesFailed")
print(json.dumps({"log_level": "ERROR", "errorMessage": "uncaught"}))  # as Lambda's runtime writes it
"""


def _lines(log_level: str) -> tuple[list[dict[str, Any]], str]:
    """Return what the function writes under the template's settings, and the level of Lambda's filter."""
    function = of_type(translate(LogLevel=log_level), "AWS::Lambda::Function")["ImageProcessingFunction"]
    filter_level = function["LoggingConfig"]["ApplicationLogLevel"]
    variables = {
        "AWS_LAMBDA_LOG_LEVEL": filter_level,  # Lambda sets it, and Powertools would obey it
        "POWERTOOLS_LOG_LEVEL": function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"],
        "POWERTOOLS_SERVICE_NAME": "photos",
    }
    command = [sys.executable, "-W", "error", "-c", FUNCTION]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()], filter_level


def _level(line: dict[str, Any]) -> str:
    """Return the level that Lambda sees in a line (Lambda Developer Guide, "Log-level filtering")."""
    known = line.get("level", "").replace("WARNING", "WARN")
    return known if known in LEVELS and _is_rfc3339(line.get("timestamp", "")) else "INFO"


def _is_rfc3339(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None and text[10] == "T" and text[-3] == ":"
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("log_level", "expected"),
    [
        ("DEBUG", ["debug", "info", "warning", "error"]),
        ("INFO", ["info", "warning", "error"]),
        ("WARN", ["warning", "error"]),
        ("ERROR", ["error"]),
    ],
)
def test_lines_from_the_log_level_on_arrive_and_metrics_and_crashes_always(log_level: str, expected: list[str]) -> None:
    lines, filter_level = _lines(log_level)
    arrived = [line for line in lines if LEVELS.index(_level(line)) >= LEVELS.index(filter_level)]
    assert [line["message"] for line in arrived if "message" in line] == expected
    assert [line["ImagesFailed"] for line in arrived if "_aws" in line] == [[1.0]]
    assert [line["errorMessage"] for line in arrived if "errorMessage" in line] == ["uncaught"]


def test_a_line_has_a_level_and_a_time_that_lambda_reads() -> None:
    lines, _ = _lines("INFO")
    assert [_level(line) for line in lines if "message" in line] == ["INFO", "WARN", "ERROR"]
