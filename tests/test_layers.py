"""The house rules that a machine can hold: who may import whom, sizes, homes of libraries, no traces."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "auditor"

WORDS = {
    "errors",
    "vocabulary",
    "freemail",
    "pseudonyms",
    "people",
    "config",
    "log",
    "secret_files",
    "pace",
    "auditor",
}
"""What every stage may use."""

LAYERS = {
    # folder or module: what it may import beside WORDS and itself. Nothing imports upward.
    "errors": set(),
    "vocabulary": set(),
    "freemail": set(),
    "log": {"repeats"},
    "repeats": set(),
    "secret_files": set(),
    "pace": set(),
    "systemd": set(),
    "progress_bar": set(),
    "sockets": {"systemd"},
    "arguments": set(),
    "pseudonyms": set(),
    "people": set(),
    "config": set(),
    "mailbox": set(),
    "message": set(),
    "template": set(),
    "statistics": set(),
    "answer": {"message", "statistics"},
    "alert": {"statistics"},
    "story": {"statistics", "alert", "answer"},
    "post": {"story", "store", "alert", "statistics", "answer"},
    "store": {"mailbox", "template", "statistics", "alert", "answer"},
    "publish": {"statistics", "story", "answer"},
    "keying": {"message", "store"},
    "reader": {"message", "keying", "store"},  # of the store the values alone
    "clear_words": {"store"},
    "request": {"arguments", "store", "alert", "statistics"},
}
"""The layers below the wiring. pipeline, lookout, scan, question, service, command, demo and cli are wiring:
they may use all of these, in the order of WIRING."""

WIRING = (
    "pipeline", "inbox", "lookout", "replay", "scan", "postman", "question", "service", "check", "command",
    "demo", "cli", "__main__",
)  # fmt: skip
"""Each may import the layers, and what stands before it here."""

HOMES = {
    # third-party package: the one module or folder that imports it
    "aiohappyeyeballs": ("mailbox.protocol.dial",),
    "aioimaplib": ("mailbox.protocol.imap",),
    "aiohttp": (
        "publish.web",
        "publish.control",
        "publish.listening",
        "mailbox.access.oauth",
        "post.webhook",
    ),  # the server of pages, the clients of token endpoints and webhooks
    "aiosmtplib": ("post.smtp",),
    "aiosmtpd": ("demo.postbox",),
    "asyncio_throttle": ("pace",),  # commands a host, letters a minute
    "PIL": ("story.png",),
    "cryptography": ("mailbox.access.microsoft",),
    "google": ("mailbox.access.google",),
    "msal": ("mailbox.access.microsoft",),
    "requests": ("mailbox.access.http",),  # what msal and google-auth speak HTTP with
    "holidays": ("lookout.days_off",),
    "jinja2": ("publish.rendering", "story.letter"),  # pages and letters have templates of their own
    "markupsafe": ("publish.report",),  # marks the pictures that we drew as safe
    "prometheus_client": ("publish.metrics",),
    "psycopg": ("store.database.postgresql",),
    "rapidfuzz": ("template.wording",),
    "selectolax": ("message.html",),
    "sklearn": ("template.vectors",),
    "scipy": ("template.vectors", "statistics.scatter"),
    "orjson": ("template.state",),
    "numpy": ("template", "statistics", "replay"),
    "structlog": ("log",),
    "tldextract": ("people",),
    "typer": ("cli", "command"),
    "pydantic": ("config", "arguments"),
    "rich": (
        "progress_bar",
        "cli",
        "command",
        "question",
        "replay.command",
        "check",
        "scan",
        "demo",
        "service.progress",
    ),
}
STORE_ONLY = "sqlalchemy"
"""Its home is store/. Elsewhere functions take a `sa.Connection` and hand it on to store/."""

MODULES = sorted(PACKAGE.rglob("*.py"))
MODULE_LINES = 400
FUNCTION_LINES = 80


def name_of(path: Path) -> str:
    """`auditor/publish/web.py` is `publish.web`; a folder's `__init__.py` has the folder's name."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "auditor"


NAMES = {name_of(path) for path in MODULES}


def imports(path: Path):
    """Absolute names of everything a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: write imports in full"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    """The modules of this package that a module imports, by their short names."""
    found = set()
    for name in imports(path):
        short = name.removeprefix("auditor.") if name != "auditor" else "auditor"
        if (name == "auditor" or name.startswith("auditor.")) and short in NAMES:
            found.add(short)
    return found - {name_of(path)}


def top(name: str) -> str:
    return name.partition(".")[0]


def may_import(module: str) -> set[str]:
    """Tops that a module may import."""
    if module in WIRING:
        return WORDS | set(LAYERS) | set(WIRING[: WIRING.index(module) + 1])
    return WORDS | LAYERS[module] | {module}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_imports_upward(path):
    module = top(name_of(path))
    if module == "auditor":
        assert not ours(path)
        return
    assert module in LAYERS or module in WIRING, f"say in LAYERS what {module} may import"
    wrong = {name for name in ours(path) if top(name) not in may_import(module)}
    assert not wrong, f"{name_of(path)} may not import {', '.join(sorted(wrong))}"


def test_there_are_no_import_cycles():
    graph = {name_of(path): ours(path) - {"auditor"} for path in MODULES}
    finished: set[str] = set()

    def walk(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above[above.index(name) :], name))
        if name in finished:
            return
        for other in sorted(graph[name]):
            walk(other, (*above, name))
        finished.add(name)

    for name in sorted(graph):
        walk(name, ())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_has_one_home(path):
    module = name_of(path)
    known = set(sys.stdlib_module_names) | {"auditor", STORE_ONLY} | set(HOMES)
    for library in {top(name) for name in imports(path)} - {"auditor"} - set(sys.stdlib_module_names):
        assert library in known, f"say in HOMES where {library} belongs"
        if library != STORE_ONLY:
            homes = HOMES[library]
            assert any(module == home or module.startswith(f"{home}.") for home in homes), (
                f"{module} imports {library}, whose home is {', '.join(homes)}"
            )


@pytest.mark.parametrize("path", [p for p in MODULES if top(name_of(p)) != "store"], ids=name_of)
def test_sql_is_written_in_the_store_alone(path):
    """Other modules name the type of a connection, no more."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sa"
    }
    assert used <= {"Connection", "Row"}
    assert not [name for name in imports(path) if name.startswith("sqlalchemy.")]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, f"{node.name} is too long"


def tracked_texts():
    """Every text file that belongs to the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and path != Path(__file__) and b"\0" not in (data := path.read_bytes()):
            yield name, data.decode("utf-8", "replace")


TRACES = re.compile(
    r"(?<![\w.])/(?:root|home/\w+|work|tmp/[\w-]+\.)/|pypi\.org/simple|files\.pythonhosted\.org|--index-url"
    r"|--extra-index-url|\b(?:TODO|FIXME|XXX)\b"
)
"""A path of somebody's machine, a registry's host, work left over."""


def test_the_repository_names_no_machine_and_no_registry():
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if TRACES.search(line)
    ]
    assert not found, "\n".join(found)


def test_every_component_that_a_test_needs_is_in_the_list():
    """`make test` installs what tests/install-components lists."""
    listed = set(
        re.findall(r"(?m)^    ([\w-]+:[\w-]+)$", (ROOT / "tests" / "install-components").read_text())
    )
    needed = {
        f"{program}:{package}"
        for path in (ROOT / "tests").rglob("*.py")
        for program, package in re.findall(
            r'require\("([\w-]+)", "([\w-]+)"\)', path.read_text(encoding="utf-8")
        )
        if program != "no-such-program"
    }
    assert needed == listed


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_pinned_with_hashes(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert packages
    assert all(re.match(r"[\w.-]+==\S+( ; .*)? \\$", line) for line in packages)
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text


def test_the_tests_run_with_what_is_installed():
    """The service's pins are among those of the tests, to the version; no tool of tests is among its own."""
    running, testing = (
        {line for line in (ROOT / file).read_text().splitlines() if re.match(r"[a-z0-9]", line)}
        for file in ("requirements.txt", "tests/requirements.txt")
    )
    assert running < testing
    assert not {
        name for name in running if re.match(r"(pytest|mypy|ruff|hypothesis|drain3|hatchling)==", name)
    }
