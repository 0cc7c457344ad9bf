"""Signs requests to the REST API with the user's own credentials."""

from __future__ import annotations

from dataclasses import dataclass

from boto3.session import Session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

SERVICE = "execute-api"


@dataclass(frozen=True)
class Signer:
    """Adds AWS Signature Version 4; the session renews what expires."""

    session: Session

    def headers(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        """Gives the headers with the signature. `url` is percent-encoded, and sent to the letter."""
        credentials = self.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        request = AWSRequest(method, url, data=body, headers=headers)
        SigV4Auth(credentials, SERVICE, self.session.region_name).add_auth(request)
        return dict(request.headers.items())
