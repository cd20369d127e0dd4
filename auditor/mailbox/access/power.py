"""What a credential could do beyond reading: said plainly, because the auditor never does it. Pure."""

from dataclasses import dataclass

from auditor.mailbox.access.account import Method

READING = frozenset("lr")
"""The rights that the auditor needs (RFC 4314 section 2.1): see the folder, read it."""

_RIGHTS = (
    ("s", "mark as seen"),
    ("w", "set flags"),
    ("i", "add mail"),
    ("p", "post"),
    ("kc", "make folders"),
    ("tdex", "delete"),
    ("a", "change rights"),
)


@dataclass(frozen=True, slots=True)
class Power:
    """`beyond`: in a few words. `remark`: a sentence on the credential as a whole, or empty."""

    beyond: str
    remark: str = ""


def power(method: Method, rights: frozenset[str] | None) -> Power:
    """What a login could do in the folder beyond reading it.

    Args:
        rights: the letters of MYRIGHTS; None where the server does not tell.
    """
    if method is Method.GOOGLE:
        return Power(
            "everything, in every mailbox",
            "Google: this key can read, change and delete the mail of every user of the Workspace; IMAP has "
            "no smaller scope. A journal needs no such key.",
        )
    if method is Method.MICROSOFT:
        return Power(
            "what it was granted",
            "Microsoft: the app opens the mailboxes granted to it by Add-MailboxPermission and no other; in "
            "these FullAccess, which IMAP needs, lets it change and delete too.",
        )
    if rights is None:
        remark = {
            Method.MASTER: "Master user: it opens every mailbox of the server, to read and to change; the "
            "server tells of no ACL. Dovecot's acl plugin with `lr` on Sent leaves it only reading.",
        }.get(method, "")
        return Power("everything (no ACL)", remark)
    more = rights - READING
    if frozenset("wite") <= more:
        return Power("everything in it")
    words = [word for letters, word in _RIGHTS if more & set(letters)]
    return Power(", ".join(words) or "nothing")
