"""Each known error has its next step; unknown ones have one too."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.mailbox.access.account import BEARER, Method
from auditor.mailbox.access.power import power
from auditor.mailbox.access.refusals import at_mailbox, at_sign_in, claims


def token(**told):
    body = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


READY = token(roles=["IMAP.AccessAsApp"], oid="4711")


@pytest.mark.parametrize(
    ("method", "said", "reason", "step"),
    [
        (Method.MICROSOFT, "invalid_client AADSTS7000215: Invalid", "invalid_secret", "Value, not its ID"),
        (Method.MICROSOFT, "AADSTS7000222: keys are expired", "secret_expired", "make a new one"),
        (Method.MICROSOFT, "AADSTS700016: Application not found", "unknown_client", "tenant our-tenant"),
        (Method.MICROSOFT, "AADSTS90002: Tenant not found", "unknown_tenant", "no tenant our-tenant"),
        (Method.MICROSOFT, "AADSTS700027: assertion", "unknown_certificate", "upload the certificate"),
        (Method.MICROSOFT, "AADSTS1002012: scope", "invalid_scope", "outlook.office365.com/.default"),
        (Method.MICROSOFT, "AADSTS7000229: missing", "no_admin_consent", "grant admin consent"),
        (Method.MICROSOFT, "AADSTS53003: blocked", "conditional_access", "conditional access policy"),
        (
            Method.GOOGLE,
            "unauthorized_client: Client is unauthorized",
            "no_delegation",
            "add client id the-client",
        ),
        (Method.GOOGLE, "invalid_grant: Invalid email or User ID", "unknown_user", "no such user"),
        (Method.GOOGLE, "invalid_grant: Invalid JWT Signature.", "invalid_key", "make a new one"),
        (Method.GOOGLE, "invalid_grant: Token must be a short-lived token", "clock", "clock"),
        (Method.GOOGLE, "invalid_scope", "invalid_scope", "https://mail.google.com/"),
        (Method.OAUTH, "invalid_client", "invalid_client", "client_id"),
        (Method.OAUTH, "invalid_grant", "invalid_grant", "get a new one"),
        (Method.OAUTH, "invalid_scope", "invalid_scope", "`scope`"),
        (Method.OAUTH, "unsupported_grant_type", "no_grant", "allow client credentials"),
    ],
)
def test_sign_in(method, said, reason, step):
    found = at_sign_in(method, said, {"client_id": "the-client", "tenant": "our-tenant"})
    assert found.reason == reason
    assert step in found.next_step


@pytest.mark.parametrize(
    ("method", "said", "with_token", "reason", "step"),
    [
        (
            Method.MICROSOFT,
            "User is authenticated but not connected.",
            READY,
            "no_mailbox_permission",
            "Add-MailboxPermission",
        ),
        (Method.MICROSOFT, "AUTHENTICATE failed.", READY, "refused", "ENTERPRISE application (4711)"),
        (Method.MICROSOFT, "AUTHENTICATE failed.", "opaque", "refused", "-ImapEnabled $true"),
        (Method.MICROSOFT, "AUTHENTICATE failed.", token(roles=[]), "no_permission", "admin consent"),
        (Method.MICROSOFT, "AUTHENTICATE failed.", token(roles="x"), "no_permission", "admin consent"),
        (Method.GOOGLE, "[ALERT] Your account is not enabled for IMAP use", "", "imap_off", "Admin console"),
        (Method.GOOGLE, '{"status":"400","scope":"https://mail.google.com/"}', "", "refused", "delegation"),
        (Method.OAUTH, '{"status":"insufficient_scope"}', "", "insufficient_scope", "`scope`"),
        (Method.OAUTH, "no", "", "refused", "trusts the token endpoint"),
        (Method.MASTER, "no", "", "refused", "auth_master_user_separator"),
        (Method.PASSWORD, "no", "", "refused", "check user name and password"),
        (Method.PASSWORD, "[ALERT] Application-specific password required", "", "app_password", "[[logins]]"),
    ],
)
def test_mailbox(method, said, with_token, reason, step):
    found = at_mailbox(method, said, with_token)
    assert found.reason == reason
    assert step in found.next_step


@given(st.sampled_from(Method), st.text(), st.text())
def test_whatever_is_said_there_is_a_next_step_without_it(method, said, secret):
    for found in (at_mailbox(method, said, secret), at_sign_in(method, said)):
        assert found.reason.replace("_", "").isalpha()
        assert found.next_step
        assert "{" not in found.next_step
        assert "\n" not in found.next_step


@given(st.one_of(st.text(), st.from_regex(r"\A[\w-]+\.[\w-]*\.[\w-]*\Z"), st.binary().map(str)))
def test_claims_of_anything(text):
    assert isinstance(claims(text), dict)


def test_claims_of_a_token():
    assert claims(READY)["oid"] == "4711"


def test_what_a_credential_could_do():
    assert power(Method.PASSWORD, frozenset("lr")).beyond == "nothing"
    assert power(Method.MASTER, frozenset("lrst")).beyond == "mark as seen, delete"
    assert power(Method.PASSWORD, frozenset("lrwstipekxa")).beyond == "everything in it"
    assert "acl" in power(Method.MASTER, None).remark
    for method in BEARER - {Method.OAUTH}:
        assert "delete" in power(method, None).remark
