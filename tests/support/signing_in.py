"""People of a hosted gallery's user pool, and their tokens: by the steps of the login page, without a browser."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

PASSWORD = "Correct-Horse-7-Battery"


@dataclass(frozen=True)
class HostedLogin:
    """The login of one stack: its address, the page's id and origin there."""

    url: str
    client_id: str
    origin: str

    def tokens(self, mail: str) -> dict[str, Any]:
        """Sign somebody in, by authorization code with PKCE; return the answer of the token endpoint."""
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        home = f"{self.origin}/"
        asked = {
            "client_id": self.client_id,
            "redirect_uri": home,
            "scope": "openid email",
            "state": "a-state",
            "response_type": "code",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with httpx.Client(timeout=60) as client:
            client.get(f"{self.url}/oauth2/authorize", params=asked).raise_for_status()
            answer = client.post(f"{self.url}/login", data={**asked, "username": mail, "password": PASSWORD})
            code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
            form = {"grant_type": "authorization_code", "client_id": self.client_id, "code": code}
            got = client.post(
                f"{self.url}/oauth2/token", data={**form, "redirect_uri": home, "code_verifier": verifier}
            )
        tokens: dict[str, Any] = got.raise_for_status().json()
        return tokens


def add_person(users: Any, pool_id: str, mail: str, *groups: str) -> None:
    """Put a person with the password into the pool's groups, as an invitation and a first sign-in leave them."""
    users.admin_create_user(
        UserPoolId=pool_id,
        Username=mail,
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": "email", "Value": mail}, {"Name": "email_verified", "Value": "true"}],
    )
    users.admin_set_user_password(UserPoolId=pool_id, Username=mail, Password=PASSWORD, Permanent=True)
    for group in groups:
        users.admin_add_user_to_group(UserPoolId=pool_id, Username=mail, GroupName=group)
