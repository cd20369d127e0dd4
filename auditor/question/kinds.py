"""Every question that can be asked of the store, by the name under which it travels."""

from collections.abc import Mapping

from auditor.errors import UsageError
from auditor.question.house import Question
from auditor.question.looking import Explain, ListMailboxes

KINDS: Mapping[str, type[Question]] = {
    "explain": Explain,
    "mailboxes": ListMailboxes,
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
