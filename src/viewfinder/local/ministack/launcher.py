"""Start the emulator with what Viewfinder changes of it (docs/ministack.md); run by the emulator's own interpreter.

The emulator's version is pinned: a name that another version lacks fails the start, and is found by the tests.
"""

from __future__ import annotations

import atexit
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

MAX_EXPRESSIONS = 1024


def remember_expressions(module: Any) -> None:
    """Cache the results of the module's two parsers of DynamoDB expressions.

    The emulator reads a key condition anew for each item of a partition, so that a search would grow with the catalog,
    which it does not on AWS (docs/decisions/2026-11-23-expressions-are-read-once.md).
    """
    module._condition_syntax_error = lru_cache(MAX_EXPRESSIONS)(module._condition_syntax_error)
    read = lru_cache(MAX_EXPRESSIONS)(module._tokenize)
    module._tokenize = lambda expression: list(read(expression))  # a copy: callers may change it


if __name__ == "__main__":
    # Our source, last: what is imported of it needs nothing but the standard library.
    sys.path.append(str(Path(__file__).parents[3]))
    from ministack import app
    from ministack.core import iam_evaluator, lambda_runtime, persistence
    from ministack.services import apigateway_v1, cloudwatch, cloudwatch_logs, dynamodb, lambda_svc, s3, sqs
    from ministack.services.cloudformation import provisioners

    from viewfinder.local.ministack import (
        adoption,
        attached,
        frugality,
        guard,
        journal,
        login,
        objects,
        priority,
        saving,
        strictness,
        workers,
    )

    page = os.environ.get("VIEWFINDER_HOSTED_PAGE", "")
    guard.close(app, s3, iam_evaluator, page)
    if page:  # no other stack loads these two services
        from ministack.services import apigateway, cognito

        login.open_for(app, cognito, page)
        login.keep_groups(cognito)
        login.know_format_1(apigateway)
    strictness.read_security_of_operations_only(apigateway_v1)
    strictness.hand_paths_over_as_sent(app, apigateway_v1)
    strictness.ask_for_actions_that_exist(iam_evaluator)
    strictness.know_collections(provisioners._RESOURCE_HANDLERS)
    strictness.refuse_to_delete_full_buckets(provisioners._RESOURCE_HANDLERS, s3)
    strictness.encode_keys_of_versions(s3)
    remember_expressions(dynamodb)
    workers.queue_invocations(lambda_svc)
    workers.let_invocations_end(lambda_svc, lambda_runtime)
    priority.serve_first_stage_first(lambda_svc, sqs)
    state = Path(persistence.STATE_DIR)
    progress = Path(os.environ["VIEWFINDER_START_PROGRESS"])
    saving.tell_progress(s3, progress)
    frugality.keep_little(s3)
    known = objects.Objects(s3, state, journal.Journal(state, journal.boot_id()))
    known.load()
    known.follow()
    progress.unlink(missing_ok=True)
    if folder := os.environ.get("VIEWFINDER_ATTACHED_FOLDER"):
        attached.attach(s3, folder)
    adoption.give_back(s3)
    saving.save_whole(app, persistence, known, state)
    frugality.bound_metrics(cloudwatch)
    saving.bound_logs(lambda_svc, cloudwatch_logs)
    saving.keep_stream(dynamodb)
    (state / objects.MARK).unlink(missing_ok=True)
    atexit.register(os._exit, 0)  # last of all: clearing a large memory takes a second
    app.main()
