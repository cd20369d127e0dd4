"""Shell completion, as the command itself writes it, for packages that install it for everybody."""

from typer.testing import CliRunner

from auditor.cli import app

_FILES = {"bash": "auditor", "zsh": "_auditor", "fish": "auditor.fish"}
"""Each shell finds a script by this name."""


def scripts() -> dict[str, str]:
    """The scripts: shell and file name, and what stands in it."""
    return {f"{shell}/{file}": _script(shell) for shell, file in _FILES.items()}


def _script(shell: str) -> str:
    asked = {"_AUDITOR_COMPLETE": f"source_{shell}"}
    text = CliRunner().invoke(app, [], prog_name="auditor", env=asked).output.strip() + "\n"
    # zsh loads the file at the first TAB and calls it: that call is to answer too.
    return text + ('\n_auditor_completion "$@"\n' if shell == "zsh" else "")
