"""Whether a configuration names anything to read at all."""

from pathlib import Path

from auditor.config.sections import Config
from auditor.errors import ConfigError


def missing(config: Config, watched: int) -> str | None:
    """What to do where nothing would be watched; None where something is.

    Args:
        watched: mailboxes that the configuration and the people file come to.
    """
    if not config.mailboxes:
        return (
            "no [[mailboxes]] is given, so nothing would be watched: remove the # in front of [[mailboxes]] "
            "and of its host, username and password_file, or add such a part: see config/guides"
        )
    if not watched:
        return (
            "mailboxes.people stands for nobody, so nothing would be watched: "
            f"write people into {config.organisation.people_file}, or name a mailbox by its username"
        )
    return None


def require(config: Config, path: Path) -> None:
    """Make sure that a mailbox is named.

    Raises:
        ConfigError: there is none.
    """
    if not config.mailboxes:
        raise ConfigError(f"{path}: {missing(config, 0)}; then: auditor check --config {path}")
