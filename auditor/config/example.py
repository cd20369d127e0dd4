"""Every option written out: an example file for people, and a JSON Schema for editors."""

import json
import textwrap
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from auditor.config.sections import Config
from auditor.config.units import written

_WIDTH = 100
_HEAD = """\
Configuration of campaign-auditor. Every option there is stands here, commented at its default; remove
the "# " in front of what you set. Check it with: auditor check --config FILE --offline
Written by: auditor config example"""
_REQUIRED: dict[tuple[str, str], Any] = {
    # What has no default. The first stands uncommented: enough for the file to load as it is.
    ("organisation", "domains"): ["example.com"],
    ("logins", "name"): "microsoft",
    ("logins", "provider"): "microsoft",
    ("routes", "to"): ["north-lead@example.com"],
    ("webhooks", "name"): "sales-chat",
    ("mailboxes", "host"): "imap.example.com",
    ("mailboxes", "password_file"): "/etc/auditor/mia.password",
}
_SHOWN: dict[tuple[str, str], Any] = {
    # A value that says more than the empty default.
    ("organisation", "people_file"): "people.csv",
    ("logins", "tenant"): "00000000-0000-0000-0000-000000000000",
    ("logins", "client_id"): "00000000-0000-0000-0000-000000000000",
    ("logins", "secret_file"): "/etc/auditor/microsoft.secret",
    ("logins", "secret_credential"): "microsoft",
    ("logins", "key_file"): "/etc/auditor/microsoft.pem",
    ("logins", "key_credential"): "microsoft-key",
    ("logins", "refresh_token_file"): "/etc/auditor/refresh.token",
    ("logins", "refresh_token_credential"): "refresh-token",
    ("logins", "token_url"): "https://login.example.com/oauth2/token",
    ("logins", "scope"): "https://outlook.office365.com/.default",
    ("logins", "authority"): "https://login.microsoftonline.com/",
    ("logins", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("logins", "secret_expires"): date(2027, 12, 31),
    ("mailboxes", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("mailboxes", "username"): "mia@example.com",
    ("mailboxes", "login"): "microsoft",
    ("mailboxes", "master_user"): "auditor",
    ("mailboxes", "credential"): "mia",
    ("mailboxes", "folder"): "Sent Items",
    ("imap", "commands_per_second"): 50.0,
    ("privacy", "never_read"): [
        "works-council@example.com",
        "hr@example.com",
        "legal@example.com",
        "company-doctor.example",
        "folder:Sent/Works council",
    ],
    ("store", "url"): "postgresql://auditor@db.example.com/auditor",
    ("store", "password_file"): "/etc/auditor/database.password",
    ("store", "credential"): "database",
    ("store", "key_file"): "/var/lib/auditor/auditor.key",
    ("mailboxes", "backfill_order"): "newest_first",
    ("coaching", "people"): ["mia@example.com"],
    ("answers", "stop_addresses"): ["no-more@example.com"],
    ("alerts", "to"): ["sales-ops@example.com"],
    ("alerts", "operator"): ["postmaster@example.com"],
    ("targets", "mass_ratio"): 0.5,
    ("targets", "teams"): {"Field sales": 0.3},
    ("routes", "teams"): ["North"],
    ("routes", "kinds"): ["night_blast", "single_send"],
    ("webhooks", "url_file"): "/etc/auditor/sales-chat.url",
    ("webhooks", "url_credential"): "sales-chat",
    ("webhooks", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("digest", "to"): ["sales-ops@example.com", "leadership@example.com"],
    ("smtp", "login"): "microsoft",
    ("smtp", "ca_file"): "/etc/ssl/certs/our-ca.pem",
    ("smtp", "username"): "auditor@example.com",
    ("smtp", "password_file"): "/etc/auditor/smtp.password",
    ("smtp", "credential"): "smtp",
    ("http", "tls_certificate_file"): "/etc/auditor/tls.pem",
    ("http", "tls_key_file"): "/etc/auditor/tls.key",
    ("http", "socket"): "/run/auditor/control.sock",
    ("http", "allowed_hosts"): ["auditor.example.com"],
    ("http", "public_url"): "https://auditor.example.com/",
    ("prometheus", "url"): "http://127.0.0.1:9090",
    ("http", "token_file"): "/var/lib/auditor/page.token",
}


def example() -> str:
    """The example file: every option with its sentence, commented at its default. It loads as it is."""
    parts = ["\n".join(f"# {line}" for line in _HEAD.splitlines())]
    parts += ["\n".join(_section(name, info)) for name, info in Config.model_fields.items()]
    return "\n\n\n".join(parts) + "\n"


def schema() -> str:
    """The JSON Schema (2020-12) of the file, for editors that complete and check TOML."""
    described = Config.model_json_schema()
    for name, info in Config.model_fields.items():
        described["properties"][name].pop("default", None)  # it repeats every default of the section
        section = _model(info)
        for key, option in section.model_fields.items():
            if isinstance(option.default, timedelta):
                # pydantic writes ISO 8601; people and `duration` do not.
                described["$defs"][section.__name__]["properties"][key]["default"] = written(option.default)
    return json.dumps(described, indent=2, ensure_ascii=False)


def _section(name: str, info: FieldInfo) -> Iterator[str]:
    model = _model(info)
    several = model is not info.annotation
    yield from _comment(_about(model))
    if several:
        yield "# One such part for each; remove the # in front of its name too."
    yield f"# [[{name}]]" if several else f"[{name}]"
    for key, option in model.model_fields.items():
        yield ""
        yield from _comment(option.description or "")
        if (name, key) in _REQUIRED:
            yield ("# " if several else "") + f"{key} = {_toml(_REQUIRED[name, key])}"
        else:
            unset = option.default is None or option.default in ((), "", {})
            value = _SHOWN.get((name, key), option.default) if unset else option.default
            yield f"# {key} = {_toml(value)}" + ("  # not set by default" if unset else "")


def _model(info: FieldInfo) -> type[BaseModel]:
    """The section behind a field; `tuple[Mailbox, ...]` has Mailbox."""
    for candidate in (info.annotation, *get_args(info.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    raise TypeError("every field of Config is a section")


def _about(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH - 2)]


def _toml(value: Any) -> str:
    """A value as TOML writes it; durations as people write them."""
    match value:
        case bool():
            return "true" if value else "false"
        case timedelta():
            return json.dumps(written(value))
        case str() | Path():
            return json.dumps(str(value), ensure_ascii=False)
        case dict():
            pairs = (f"{json.dumps(key, ensure_ascii=False)} = {_toml(item)}" for key, item in value.items())
            return "{ " + ", ".join(pairs) + " }"
        case list() | tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)  # numbers, and dates as ISO 8601
