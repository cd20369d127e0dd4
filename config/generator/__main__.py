"""Write every document anew that a program writes: python -m config.generator, or make documents."""

from pathlib import Path

from auditor.config.example import example
from config.generator import completion, licences, manual, options, reference
from config.generator.commands import commands

ROOT = Path(__file__).parents[2]


def documents() -> dict[str, str]:
    """Every such file: its path in the repository, and what stands in it."""
    top = commands()
    return {
        "config/auditor.example.toml": example(),
        "config/OPTIONS.md": options.page(),
        "config/COMMANDS.md": reference.page(top),
        "config/package/auditor.1": manual.page(top),
        "config/package/LICENCES.md": licences.page(ROOT / "requirements.txt"),
        **{f"config/package/completion/{name}": script for name, script in completion.scripts().items()},
    }


def main() -> None:
    """Write those that differ, and name them."""
    for name, text in documents().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(name)


if __name__ == "__main__":
    main()
