"""What each function's role must be able to do, statement by statement, and what it must not.

A call is service, operation and arguments; `{Name}` in an argument is an output of the stack, or one of the further
names of tests/e2e/test_roles.py.
"""

from __future__ import annotations

from typing import Any

Call = tuple[str, str, dict[str, Any]]

_KEY = {"PK": {"S": "IMAGE#roles.jpg"}, "SK": {"S": "PROBE"}}
_LISTING: dict[str, Any] = {
    "KeyConditionExpression": "GSI1PK = :partition",
    "ExpressionAttributeValues": {":partition": {"S": "IMAGES#ANALYZED#0"}},
}
_COUNTERS: dict[str, Any] = {
    "KeyConditionExpression": "PK = :partition",
    "ExpressionAttributeValues": {":partition": {"S": "LABELS#0"}},
}
_TABLE = {"TableName": "{TableName}"}
_IMAGE = {"Bucket": "{ImagesBucketName}", "Key": "roles.jpg"}
_THUMBNAIL = {"Bucket": "{DerivedBucketName}", "Key": "thumbnails/roles"}
_ANALYSIS = {"Bucket": "{DerivedBucketName}", "Key": "analyses/roles"}
_MATCHES = {"Bucket": "{DerivedBucketName}", "Key": "people/matches/roles"}
_PERSON = {"Bucket": "{DerivedBucketName}", "Key": "people/persons/roles"}
_COLLECTION = "arn:aws:rekognition:us-east-1:000000000000:collection/viewfinder-people"
_CORRECTIONS = {"Bucket": "{DerivedBucketName}", "Key": "corrections/contents/roles"}
_DECISION = {"Bucket": "{DerivedBucketName}", "Key": "corrections/distinct/roles"}
_MESSAGE = {"QueueUrl": "{QueueUrl}", "ReceiptHandle": "roles"}
_SECOND_MESSAGE = {"QueueUrl": "{SecondStageQueueUrl}", "ReceiptHandle": "roles"}
_TEST_MESSAGE: Call = ("sqs", "send_message", {"QueueUrl": "{QueueUrl}", "MessageBody": '{"Event":"s3:TestEvent"}'})


LEFT_BEHIND: list[Call] = [
    ("dynamodb", "delete_item", _TABLE | {"Key": _KEY}),
    ("s3", "delete_object", _ANALYSIS),
    ("s3", "delete_object", _THUMBNAIL),
    ("s3", "delete_object", _DECISION),
]
"""What removes the traces of the calls below."""


def _simulated(action: str, resource: str = "*") -> Call:
    """Ask the emulator's policy evaluator: for services it lacks, or whose resources it does not tell apart."""
    arguments = {"PolicySourceArn": "{RoleArn}", "ActionNames": [action], "ResourceArns": [resource]}
    return ("iam", "simulate_principal_policy", arguments)


def _logs(group: str) -> list[Call]:
    # The emulator itself asks about the group, where AWS asks about the stream.
    stream = f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/viewfinder-{group}:log-stream:probe"
    return [_simulated("logs:CreateLogStream", stream), _simulated("logs:PutLogEvents", stream)]


_TRACES = [_simulated("xray:PutTraceSegments"), _simulated("xray:PutTelemetryRecords")]

NEEDED: dict[str, dict[str, list[Call]]] = {
    "ImageProcessingRole": {
        "TakeMessages": [
            ("sqs", "receive_message", {"QueueUrl": "{QueueUrl}", "VisibilityTimeout": 0}),  # hides none from others
            ("sqs", "delete_message", _MESSAGE),
            ("sqs", "get_queue_attributes", {"QueueUrl": "{QueueUrl}", "AttributeNames": ["All"]}),
            ("sqs", "change_message_visibility", _MESSAGE | {"VisibilityTimeout": 0}),
            ("sqs", "receive_message", {"QueueUrl": "{SecondStageQueueUrl}", "VisibilityTimeout": 0}),
            ("sqs", "delete_message", _SECOND_MESSAGE),
            ("sqs", "get_queue_attributes", {"QueueUrl": "{SecondStageQueueUrl}", "AttributeNames": ["All"]}),
            ("sqs", "change_message_visibility", _SECOND_MESSAGE | {"VisibilityTimeout": 0}),
        ],
        "RenewMessagesAndSendToSecondStage": [
            _TEST_MESSAGE,
            ("sqs", "send_message", {"QueueUrl": "{SecondStageQueueUrl}", "MessageBody": '{"Event":"s3:TestEvent"}'}),
        ],
        "ReadImages": [("s3", "get_object", _IMAGE)],
        "TellMissingFromForbidden": [
            ("s3", "list_objects_v2", {"Bucket": "{ImagesBucketName}"}),
            ("s3", "list_objects_v2", {"Bucket": "{DerivedBucketName}"}),
        ],
        "KeepAnalyses": [("s3", "put_object", _ANALYSIS), ("s3", "get_object", _ANALYSIS)],
        "KeepCorrections": [("s3", "put_object", _CORRECTIONS), ("s3", "get_object", _CORRECTIONS)],
        "KeepThumbnails": [
            ("s3", "put_object", _THUMBNAIL),
            ("s3", "get_object", _THUMBNAIL),
            ("s3", "delete_object", _THUMBNAIL),
        ],
        "DetectLabels": [_simulated("rekognition:DetectLabels")],
        "DetectText": [_simulated("rekognition:DetectText")],
        "DetectFaces": [_simulated("rekognition:DetectFaces")],
        "DetectModerationLabels": [_simulated("rekognition:DetectModerationLabels")],
        "IndexFaces": [_simulated("rekognition:IndexFaces", _COLLECTION)],
        "SearchFaces": [_simulated("rekognition:SearchFaces", _COLLECTION)],
        "ForgetFaces": [_simulated("rekognition:DeleteFaces", _COLLECTION)],
        "KeepMatches": [("s3", "put_object", _MATCHES), ("s3", "get_object", _MATCHES)],
        "ReadPeople": [("s3", "get_object", _PERSON)],
        "WriteTheCatalog": [
            ("dynamodb", "get_item", _TABLE | {"Key": _KEY}),
            ("dynamodb", "put_item", _TABLE | {"Item": _KEY}),
            ("dynamodb", "delete_item", _TABLE | {"Key": _KEY}),
        ],
        "WriteLogs": _logs("image-processing"),
        "SendTraces": _TRACES,
    },
    "LabelStatisticsRole": {
        "FollowTheStream": [
            # The emulator itself asks about all streams.
            _simulated("dynamodb:DescribeStream", "{StreamArn}"),
            _simulated("dynamodb:GetRecords", "{StreamArn}"),
            _simulated("dynamodb:GetShardIterator", "{StreamArn}"),
        ],
        "FindTheStream": [("dynamodbstreams", "list_streams", _TABLE)],
        "Count": [
            ("dynamodb", "get_item", _TABLE | {"Key": _KEY}),
            ("dynamodb", "query", _TABLE | _COUNTERS),
            ("dynamodb", "batch_get_item", {"RequestItems": {"{TableName}": {"Keys": [_KEY]}}}),
            ("dynamodb", "put_item", _TABLE | {"Item": _KEY}),
            ("dynamodb", "update_item", _TABLE | {"Key": _KEY}),
        ],
        "ForgetCopies": [("dynamodb", "delete_item", _TABLE | {"Key": _KEY | {"PK": {"S": "CONTENT#roles"}}})],
        "PutAsideRecords": [
            ("sqs", "send_message", {"QueueUrl": "{UncountedRecordsQueueUrl}", "MessageBody": "roles"})
        ],
        "WriteLogs": _logs("label-statistics"),
        "SendTraces": _TRACES,
    },
    "ApiHandlerRole": {
        "ReadTheCatalog": [
            ("dynamodb", "get_item", _TABLE | {"Key": _KEY}),
            ("dynamodb", "batch_get_item", {"RequestItems": {"{TableName}": {"Keys": [_KEY]}}}),
            *(("dynamodb", "query", _TABLE | _LISTING | {"IndexName": index}) for index in ("GSI1", "GSI2")),
        ],
        "SignUploadsAndDownloadsAndRemove": [
            ("s3", "put_object", _IMAGE | {"Key": "roles/"}),
            ("s3", "get_object", _IMAGE),
            ("s3", "delete_object", _IMAGE | {"Key": "roles/"}),
        ],
        "FindVersions": [("s3", "list_object_versions", {"Bucket": "{ImagesBucketName}", "Prefix": "roles"})],
        "RestoreAndDeleteVersions": [
            ("s3", "get_object", _IMAGE | {"VersionId": "roles"}),
            ("s3", "delete_object", _IMAGE | {"VersionId": "roles"}),
        ],
        "ChangeRecords": [
            ("dynamodb", "put_item", _TABLE | {"Item": _KEY}),
            ("dynamodb", "delete_item", _TABLE | {"Key": _KEY}),
        ],
        "KeepCorrections": [("s3", "put_object", _CORRECTIONS), ("s3", "get_object", _CORRECTIONS)],
        "KeepPeople": [("s3", "put_object", _PERSON), ("s3", "get_object", _PERSON), ("s3", "delete_object", _PERSON)],
        "ForgetFaces": [_simulated("rekognition:DeleteFaces", _COLLECTION)],
        "ForgetPeople": [
            ("s3", "put_object", _MATCHES),
            ("s3", "get_object", _MATCHES),
            ("s3", "delete_object", _MATCHES),
        ],
        "TellMissingFromForbidden": [("s3", "list_objects_v2", {"Bucket": "{DerivedBucketName}"})],
        "SignThumbnails": [("s3", "get_object", _THUMBNAIL)],
        "KeepDecisions": [("s3", "put_object", _DECISION), ("s3", "delete_object", _DECISION)],
        "CountCallers": [
            ("dynamodb", "update_item", _TABLE | {"Key": {"PK": {"S": "QUOTA#roles"}, "SK": {"S": "0"}}}),
        ],
        "AskForAnalysis": [_TEST_MESSAGE],
        "WriteLogs": _logs("api-handler"),
        "SendTraces": _TRACES,
    },
}

_NOBODYS: list[Call] = [
    ("s3", "list_buckets", {}),
    ("s3", "create_bucket", {"Bucket": "roles-probe"}),
    ("s3", "delete_bucket", {"Bucket": "{ImagesBucketName}"}),
    ("s3", "get_bucket_policy", {"Bucket": "{ImagesBucketName}"}),
    ("s3", "put_bucket_policy", {"Bucket": "{ImagesBucketName}", "Policy": "{{}}"}),
    ("s3", "delete_public_access_block", {"Bucket": "{ImagesBucketName}"}),
    ("s3", "put_object", {"Bucket": "{DerivedBucketName}", "Key": "elsewhere"}),
    ("s3", "get_object", {"Bucket": "{DerivedBucketName}", "Key": "elsewhere"}),
    ("s3", "delete_object", _ANALYSIS),
    ("sqs", "purge_queue", {"QueueUrl": "{QueueUrl}"}),
    ("sqs", "delete_queue", {"QueueUrl": "{QueueUrl}"}),
    ("sqs", "set_queue_attributes", {"QueueUrl": "{QueueUrl}", "Attributes": {"VisibilityTimeout": "0"}}),
    ("sqs", "receive_message", {"QueueUrl": "{DeadLetterQueueUrl}"}),
    ("sqs", "send_message", {"QueueUrl": "{DeadLetterQueueUrl}", "MessageBody": "probe"}),
    ("sqs", "receive_message", {"QueueUrl": "{SecondStageDeadLetterQueueUrl}"}),
    ("sqs", "send_message", {"QueueUrl": "{SecondStageDeadLetterQueueUrl}", "MessageBody": "probe"}),
    ("sqs", "list_queues", {}),
    ("dynamodb", "scan", _TABLE),
    ("dynamodb", "delete_table", _TABLE),
    ("dynamodb", "describe_table", _TABLE),
    ("dynamodb", "update_time_to_live", _TABLE | {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "x"}}),
    ("lambda", "invoke", {"FunctionName": "{FunctionName}"}),
    ("lambda", "update_function_configuration", {"FunctionName": "{FunctionName}", "Timeout": 1}),
    ("iam", "create_user", {"UserName": "probe"}),
    (
        "iam",
        "attach_role_policy",
        {"RoleName": "{RoleName}", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    ),
    ("sts", "assume_role", {"RoleArn": "{RoleArn}", "RoleSessionName": "probe"}),
    ("logs", "delete_log_group", {"logGroupName": "/aws/lambda/viewfinder-api-handler"}),
    ("logs", "filter_log_events", {"logGroupName": "/aws/lambda/viewfinder-api-handler"}),
    ("sns", "publish", {"TopicArn": "{AlarmTopicArn}", "Message": "probe"}),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["viewfinder-dead-letters"]}),
    ("cloudformation", "delete_stack", {"StackName": "viewfinder"}),
    ("apigateway", "get_rest_apis", {}),
    ("secretsmanager", "list_secrets", {}),
    ("ssm", "get_parameter", {"Name": "probe"}),
    ("events", "list_rules", {}),
    _simulated("rekognition:CompareFaces"),
]

_WRITES_OF_IMAGES: list[Call] = [("s3", "put_object", _IMAGE), ("s3", "delete_object", _IMAGE)]

# MiniStack: a write that is allowed for some keys passes for any; tests/infrastructure holds the keys of a statement.
FORBIDDEN: dict[str, list[Call]] = {
    "ImageProcessingRole": [
        *_NOBODYS,
        *_WRITES_OF_IMAGES,
        ("dynamodb", "update_item", _TABLE | {"Key": _KEY}),
        ("dynamodbstreams", "list_streams", _TABLE),
    ],
    "LabelStatisticsRole": [
        *_NOBODYS,
        *_WRITES_OF_IMAGES,
        ("s3", "get_object", _IMAGE),
        ("s3", "get_object", _THUMBNAIL),
        ("sqs", "receive_message", {"QueueUrl": "{QueueUrl}"}),
        ("sqs", "send_message", {"QueueUrl": "{QueueUrl}", "MessageBody": "probe"}),
        ("sqs", "send_message", {"QueueUrl": "{SecondStageQueueUrl}", "MessageBody": "probe"}),
    ],
    "ApiHandlerRole": [
        *_NOBODYS,
        ("s3", "put_object", _THUMBNAIL),
        ("s3", "get_object", _ANALYSIS),
        ("s3", "list_objects_v2", {"Bucket": "{ImagesBucketName}"}),
        ("s3", "get_object", _DECISION),
        ("sqs", "receive_message", {"QueueUrl": "{QueueUrl}"}),
        ("sqs", "delete_message", _MESSAGE),
        ("sqs", "send_message", {"QueueUrl": "{SecondStageQueueUrl}", "MessageBody": "probe"}),
    ],
}


def filled(value: Any, names: dict[str, str]) -> Any:
    """Return a call's arguments with the stack's names in the places of `{Name}`."""
    if isinstance(value, dict):
        return {filled(key, names): filled(entry, names) for key, entry in value.items()}
    if isinstance(value, list):
        return [filled(entry, names) for entry in value]
    if isinstance(value, str) and value.startswith("{") and value[1:-1] in names:
        return names[value[1:-1]]
    return value
