"""The container files are held to what they name: files, services, volumes, commands. No engine is needed."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from auditor.cli import app
from tests.service.daemon import Daemon

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "config" / "package"
COMPOSE = [FOLDER / "compose.yaml", FOLDER / "fleet.yaml"]
GIVEN = {"./auditor"}
"""What a person puts beside the files: the configuration and its secrets."""


def instructions() -> list[tuple[str, str]]:
    """The Containerfile's instructions and their arguments, continued lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", (FOLDER / "Containerfile").read_text())
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def test_the_image_is_built_of_what_is_there() -> None:
    known = {"FROM", "COPY", "WORKDIR", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"}
    known |= {"HEALTHCHECK", "ENTRYPOINT", "CMD"}
    found = instructions()
    assert {word for word, _ in found} <= known
    assert found[0][0] == "FROM"
    assert [rest for word, rest in found if word == "USER"] == ["auditor"]
    for named in re.findall(r"-r (\S+)", dict(found)["RUN"] + " ".join(rest for _, rest in found)):
        assert (ROOT / named).exists()


def test_the_image_runs_a_command_that_there_is() -> None:
    found = dict(instructions())
    command = [*json.loads(found["ENTRYPOINT"]), *json.loads(found["CMD"])]
    assert command[0] == "auditor"
    done = CliRunner().invoke(app, [command[1], "--help"])
    assert done.exit_code == 0
    assert command[2] in done.output
    check = json.loads(found["HEALTHCHECK"].partition("CMD ")[2])
    compile(check[2], "healthcheck", "exec")
    assert shlex.split("python -c") == check[:2]


def test_the_health_check_asks_a_daemon(tmp_path, monkeypatch, dovecot) -> None:
    """Whatever the page listens on: here a port that nobody knows before."""
    check = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    command = [sys.executable, *check[1:]]
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    daemon = Daemon(tmp_path, dovecot)
    try:
        daemon.start()
        assert subprocess.run(command, check=False).returncode == 0
    finally:
        daemon.close()
    assert subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 1


def test_the_wheel_is_built_of_what_is_copied(tmp_path) -> None:
    """And of nothing else: secrets may lie in the folder."""
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            for source in sources:
                below = tmp_path / target.removeprefix("/source").strip("/")
                to = below / Path(source).name if target.endswith("/") else below
                to.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
                copy(ROOT / source, to)
    assert not (tmp_path / "config" / "package" / "compose.yaml").exists()
    assert (tmp_path / "requirements.txt").exists()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as opened:
        names = "\n".join(opened.namelist())
    for part in ("auditor/pipeline.py", "man/man1/auditor.1", "completions/auditor"):
        assert part in names


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_services_name_what_is_there(path: Path) -> None:
    composed = yaml.safe_load(path.read_text())
    services, volumes, secrets = (composed.get(key, {}) for key in ("services", "volumes", "secrets"))
    used: set[str] = set()
    for service in services.values():
        assert "image" in service
        assert set(service.get("depends_on", ())) <= set(services)
        assert set(service.get("secrets", ())) <= set(secrets)
        assert service.get("network_mode", "service:").removeprefix("service:") in {"", *services}
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            assert target.startswith("/")
            if source.startswith("."):
                assert source in GIVEN or (FOLDER / source).is_dir(), source
            else:
                used.add(source)
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), "published on this machine alone"
    assert used == set(volumes)
    build = next(one["build"] for one in services.values() if "build" in one)
    assert (FOLDER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_grafana_finds_its_provisioning() -> None:
    composed = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    grafana = composed["services"]["grafana"]
    (source, target, _), *_ = (volume.split(":") for volume in grafana["volumes"])
    named = grafana["environment"]["GF_PATHS_PROVISIONING"].replace(target, str((FOLDER / source).resolve()))
    assert {"datasources", "dashboards"} <= {one.name for one in Path(named).iterdir()}
