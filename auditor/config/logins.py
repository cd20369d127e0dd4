"""The `[[logins]]` entries: where access tokens come from, instead of passwords."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from auditor.config.base import Section

LoginName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Provider = Literal["microsoft", "google", "oauth"]

_NEEDS = {"microsoft": ("tenant", "client_id"), "google": (), "oauth": ("token_url", "client_id")}
_USES = {
    # keys beside those that every login may have
    "microsoft": {"tenant", "client_id", "secret", "key", "authority", "scope"},
    "google": {"key", "scope"},
    "oauth": {"token_url", "client_id", "secret", "refresh_token", "scope"},
}
_COMMON = {"name", "provider", "mechanism", "secret_expires", "ca_file"}
_SECRETS = ("secret", "key", "refresh_token")


class Login(Section):
    """Access tokens for mailboxes, from Microsoft 365, Google Workspace or an OAuth server of your own."""

    name: LoginName = Field(description="Its name in [[mailboxes]], metrics and messages; no address.")
    provider: Provider = Field(
        description='"microsoft": an app with application permission. "google": a service account. '
        '"oauth": any token endpoint.'
    )
    tenant: str | None = Field(None, description="Microsoft: directory (tenant) id.")
    client_id: str | None = Field(None, description="Microsoft, oauth: the application's (client) id.")
    secret_file: Path | None = Field(
        None, description="Microsoft, oauth: file with the client secret's value on its first line."
    )
    secret_credential: str | None = Field(None, description="The same as a systemd credential.")
    key_file: Path | None = Field(
        None,
        description="Microsoft: PEM file with certificate and private key, instead of a secret. "
        "Google: the service account's JSON file.",
    )
    key_credential: str | None = Field(None, description="The same as a systemd credential.")
    refresh_token_file: Path | None = Field(
        None,
        description="oauth: file with a refresh token; without one the client's own credentials are used.",
    )
    refresh_token_credential: str | None = Field(None, description="The same as a systemd credential.")
    token_url: str | None = Field(None, description="oauth: the token endpoint.")
    scope: str | None = Field(None, description="Only where the provider's usual scope is not right.")
    authority: str | None = Field(
        None, description="Microsoft: sign-in server of a national cloud; usually login.microsoftonline.com."
    )
    ca_file: Path | None = Field(
        None, description="Certificate authority of the token endpoint, when it is not the system's."
    )
    mechanism: Literal["auto", "xoauth2", "oauthbearer"] = Field(
        "auto", description="How the token is shown to the mail server; auto takes what it announces."
    )
    secret_expires: date | None = Field(
        None, description="When the client secret expires; a certificate says so by itself."
    )

    @model_validator(mode="after")
    def _keys_of_provider(self) -> "Login":
        allowed = _COMMON | _USES[self.provider]
        for key in sorted(self.model_fields_set):
            if key.removesuffix("_file").removesuffix("_credential") not in allowed and key not in allowed:
                raise ValueError(f'{key} is not used with provider = "{self.provider}"; remove it')
        for key in _NEEDS[self.provider]:
            if getattr(self, key) is None:
                raise ValueError(f'provider = "{self.provider}" needs {key}')
        return self

    @model_validator(mode="after")
    def _secrets(self) -> "Login":
        given = {key: (getattr(self, f"{key}_file"), getattr(self, f"{key}_credential")) for key in _SECRETS}
        for key, pair in given.items():
            if all(pair):
                raise ValueError(f"give {key}_file or {key}_credential, not both")
        has = {key for key, pair in given.items() if any(pair)}
        if self.provider == "google" and has != {"key"}:
            raise ValueError("give key_file or key_credential, the service account's JSON")
        if self.provider == "microsoft" and len(has) != 1:
            raise ValueError("give either a key (certificate) or a secret, as a file or a credential")
        if self.provider == "oauth" and not has & {"secret", "refresh_token"}:
            raise ValueError("give a secret or a refresh_token, as a file or a credential")
        return self

    @model_validator(mode="after")
    def _never_in_clear(self) -> "Login":
        for key in ("token_url", "authority"):
            url = urlsplit(getattr(self, key) or "https://none")
            local = url.hostname in {"127.0.0.1", "::1", "localhost"}
            if not url.hostname or (url.scheme != "https" and not (url.scheme == "http" and local)):
                raise ValueError(f"{key} must begin with https://: it is sent a secret")
        return self
