"""The documentation hangs together: one index, and no link that leads nowhere."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def links(document: Path) -> list[tuple[Path, str]]:
    """Where a document's own links lead: the file, and the heading in it."""
    text = document.read_text(encoding="utf-8")
    targets = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]
    parts = (target.partition("#") for target in targets)
    return [((document.parent / path).resolve() if path else document, part) for path, _, part in parts]


def headings(document: Path) -> set[str]:
    """The headings of a document, as GitHub writes them into addresses."""
    found = re.findall(r"(?m)^#+ (.+)$", document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_link_leads_somewhere():
    for document in documents():
        for target, heading in links(document):
            assert target.exists(), f"{document.relative_to(ROOT)}: {target} is not there"
            if heading:
                assert heading in headings(target), f"{document.relative_to(ROOT)}: no heading #{heading}"


def test_the_readme_leads_to_every_document():
    seen, open_ = set(), [ROOT / "README.md"]
    while open_:
        document = open_.pop()
        if document not in seen:
            seen.add(document)
            open_ += [target for target, _ in links(document) if target.suffix == ".md"]
    missing = {str(path.relative_to(ROOT)) for path in set(documents()) - seen}
    assert not missing, f"write a link to it into README.md: {', '.join(sorted(missing))}"
