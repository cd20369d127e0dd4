"""The container files are held to what they name: files, services, volumes, commands. No engine is needed."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from auditor.cli import app

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
