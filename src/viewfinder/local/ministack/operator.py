"""The operator: the IAM user whose key `viewfinder env` gives out.

The emulator lets its root key pass without looking at the signature; a user's signature it verifies, as AWS does.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import boto3

from viewfinder.local.data_directory import DataDirectory, KeyPair

if TYPE_CHECKING:
    from types_boto3_iam.client import IAMClient

USER = "viewfinder-operator"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def ensure_operator(root: boto3.Session, endpoint_url: str, data: DataDirectory) -> bool:
    """Make the user and its key where the emulator has none (any more); return False where both were there."""
    iam = root.client("iam", endpoint_url=endpoint_url)
    keys = _keys(iam)
    known = data.operator()
    if known and known.access_key_id in keys:
        return False
    for key in keys:
        iam.delete_access_key(UserName=USER, AccessKeyId=key)
    iam.put_user_policy(UserName=USER, PolicyName="everything", PolicyDocument=json.dumps(POLICY))
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    data.keep_operator(KeyPair(made["AccessKeyId"], made["SecretAccessKey"]))
    return True


def _keys(iam: IAMClient) -> list[str]:
    """Return the ids of the user's keys, after making the user if need be."""
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=USER)
    return [key["AccessKeyId"] for key in iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]]
