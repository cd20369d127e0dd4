"""The wheel as it is given away: it has everything, and works without the checkout."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.mail import campaign

ROOT = Path(__file__).parents[2]


def build(source: Path, kind: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A fresh environment with the wheel in it, and the libraries from here behind it."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    here, there = sysconfig.get_path("purelib"), sysconfig.get_path("purelib", vars={"base": str(home)})
    (Path(there) / "libraries.pth").write_text(here + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--ignore-installed", wheel], check=True)
    return home / "bin" / "auditor"


def run(program: Path, *arguments: str | Path, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [program, *map(str, arguments)]
    told = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_everything_of_the_package_is_in_it(wheel):
    listed = subprocess.run(["git", "ls-files", "auditor"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    there = {
        name for name in listed.stdout.decode().split() if (ROOT / name).exists() and not name.endswith(".md")
    }
    held = set(zipfile.ZipFile(wheel).namelist())
    assert there <= held
    assert not {name for name in held if name.startswith(("tests/", "config/", "grafana/"))}
    assert {name.rpartition("/")[2] for name in held if ".data/data/share/" in name} == {
        "auditor.1", "auditor", "_auditor", "auditor.fish",
    }  # fmt: skip


def test_the_source_archive_builds_the_same_wheel(wheel, tmp_path):
    with tarfile.open(build(ROOT, "sdist", tmp_path)) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    again = build(source, "wheel", tmp_path / "again")
    assert again.read_bytes() == wheel.read_bytes()
    for name in ("Makefile", "requirements.txt", "config/package/deb", "systemd/auditor.service"):
        assert (source / name).exists()
    assert os.access(source / "config/package/deb", os.X_OK)


def test_it_runs_where_no_checkout_is(installed, tmp_path):
    assert run(installed, "--version", folder=tmp_path).startswith("auditor ")
    where = run(
        installed.with_name("python"), "-c", "import auditor; print(auditor.__file__)", folder=tmp_path
    )
    assert where.startswith(str(installed.parents[1]))
    (tmp_path / "sent").mkdir()
    for number, raw in enumerate(campaign(12)):
        (tmp_path / "sent" / f"{number}.eml").write_bytes(raw)
    found = run(installed, "scan", "sent", "--domain", "northvans.example", folder=tmp_path)
    assert "mass" in found
    page = run(
        installed, "scan", "sent", "--domain", "northvans.example", "--format", "html", folder=tmp_path
    )
    assert "<svg" in page
    example = run(installed, "config", "example", folder=tmp_path)
    assert example == (ROOT / "config" / "auditor.example.toml").read_text()
