"""Every change that can be asked for, by the name that its request rows have."""

from collections.abc import Mapping

import sqlalchemy as sa

from auditor import arguments
from auditor.errors import UsageError
from auditor.request.change import Asked, Change
from auditor.request.forgetting import ForgetPerson
from auditor.request.incident import Acknowledge, Silence
from auditor.request.plan import AddPlan, RemovePlan
from auditor.request.review import KeepReview
from auditor.request.template import GivePurpose, NameTemplate
from auditor.store.requests import Refused, Request

FORGET = "forget"

KINDS: Mapping[str, type[Change]] = {
    "incident_acknowledge": Acknowledge,
    "plan_add": AddPlan,
    "plan_remove": RemovePlan,
    "silence": Silence,
    "template_name": NameTemplate,
    "template_purpose": GivePurpose,
    "review": KeepReview,
    FORGET: ForgetPerson,
}
"""A name is never renamed or given another meaning: rows of earlier versions have it."""


def name_of(change: Change) -> str:
    """The name of a change."""
    return next(name for name, kind in KINDS.items() if kind is type(change))


def apply(connection: sa.Connection, asked: Request, now: float) -> str:
    """Make the change that a request asks for; what to tell who asked.

    Raises:
        Refused: `unknown_change`, `wrong_arguments`, or what the change itself says.
    """
    kind = KINDS.get(asked.what)
    if kind is None:
        raise Refused("unknown_change", f"this auditor knows no change {asked.what}; install one version")
    try:
        change = arguments.read(kind, asked.arguments)
    except UsageError as error:
        raise Refused("wrong_arguments", str(error)) from None
    return change.apply(connection, Asked(asked.by, now))
