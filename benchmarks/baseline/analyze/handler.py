"""The baseline's image function, as tutorials have it: name the object to Rekognition, put the answer into one item."""

import os
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import boto3

rekognition = boto3.client("rekognition")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event: dict[str, Any], context: object) -> None:
    """Answer S3's event, one image at a time."""
    for record in event["Records"]:
        bucket, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        answer = rekognition.detect_labels(
            Image={"S3Object": {"Bucket": bucket, "Name": key}}, MaxLabels=40, MinConfidence=55
        )
        labels = [
            {"Name": label["Name"], "Confidence": Decimal(str(label["Confidence"]))} for label in answer["Labels"]
        ]
        table.put_item(Item={"ImageId": key, "Labels": labels})
