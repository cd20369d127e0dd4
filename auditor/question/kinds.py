"""Every question that can be asked of the store, by the name under which it travels."""

from collections.abc import Mapping

from auditor.errors import UsageError
from auditor.question.alerts import ListIncidents, ListPlans, SendSample
from auditor.question.backing_up import BackUp
from auditor.question.forgetting import Forget
from auditor.question.house import Question
from auditor.question.looking import Explain, ListLookUps, ListMailboxes, ListTemplates
from auditor.question.past import WriteHistory
from auditor.question.reporting import WriteReport
from auditor.question.reviewing import DrawSends, OurClasses, SeeSend

KINDS: Mapping[str, type[Question]] = {
    "explain": Explain,
    "incidents": ListIncidents,
    "plans": ListPlans,
    "sample": SendSample,
    "mailboxes": ListMailboxes,
    "templates": ListTemplates,
    "forget": Forget,
    "backup": BackUp,
    "report": WriteReport,
    "history": WriteHistory,
    "look_ups": ListLookUps,
    "review_draw": DrawSends,
    "review_see": SeeSend,
    "review_classes": OurClasses,
}


def name_of(question: Question) -> str:
    """The name of a question."""
    return next(name for name, kind in KINDS.items() if kind is type(question))


def kind_of(name: str) -> type[Question]:
    """The question of a name.

    Raises:
        UsageError: there is none; command and daemon are of two versions.
    """
    if name not in KINDS:
        raise UsageError(f"the running daemon does not know “{name}”; restart it with this version")
    return KINDS[name]
