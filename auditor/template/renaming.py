"""What becomes of names and verdicts when a template is merged into an older one."""

from dataclasses import replace

from auditor.template.values import Verdict


def followed(aliases: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    """Aliases after some of the living were merged in turn."""
    return {old: more.get(alive, alive) for old, alive in aliases.items()} | more


def renamed(verdict: Verdict, aliases: dict[str, str]) -> Verdict:
    """The verdict under the name of the template that lives."""
    if verdict.template is None or verdict.template not in aliases:
        return verdict
    return replace(verdict, template=aliases[verdict.template])


def differs(before: Verdict, now: Verdict, aliases: dict[str, str]) -> bool:
    """Whether more has changed than the template's name."""
    return renamed(before, aliases) != renamed(now, aliases)
