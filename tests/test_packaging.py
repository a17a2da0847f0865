"""The repository itself: one name for each file, everything is shipped, and nothing outgrows its room."""

import ast
import importlib
import json
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import ackproof

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
NOT_MAPPED = {"ackproof", "benchmarks", "tests"}

FOLDERS = {path.parent.name for path in ROOT.glob("[!.]*/__init__.py")} - NOT_MAPPED
"""The folders at the top that are packages of ackproof."""


DOOR = ROOT / "ackproof_pytest.py"
"""The one module that is no part of the package, so that pytest can import it without the package."""


def files(folder: str) -> Iterator[Path]:
    """Every file under a real *folder*, without caches and without what only links lead to."""
    for path in sorted(ROOT.joinpath(folder).iterdir()):
        if path.is_dir() and not path.is_symlink() and path.name != "__pycache__":
            yield from files(str(path.relative_to(ROOT)))
        elif path.is_file():
            yield path


def modules() -> list[Path]:
    """Every Python file of the repository."""
    folders = [folder for folder in sorted(FOLDERS | NOT_MAPPED) if ROOT.joinpath(folder).is_dir()]
    return [ROOT / "conftest.py", DOOR, *(path for folder in folders for path in files(folder) if path.suffix == ".py")]


def installed_as(path: Path) -> str:
    """Where a file of the repository stands in a wheel."""
    within = path.relative_to(ROOT).as_posix()
    return within if within.startswith("ackproof/") else f"ackproof/{within}"


def lines_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return 1 + (body[-1].end_lineno or 0) - body[0].lineno if body else 0


def readme_commands() -> dict[str, str]:
    text = (ROOT / "README.md").read_text()
    return dict(re.findall(r"<!-- (\w+) -->\n```\w*\n(.*?)\n```\n<!-- /\1 -->", text, re.DOTALL))


def example() -> Path:
    """The pipeline that the README verifies."""
    return ROOT / readme_commands()["verify"].split()[-1]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the repository, so that builds leave nothing in it."""
    ignore = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
    return Path(shutil.copytree(ROOT, tmp_path / "source", symlinks=True, ignore=ignore))


def build(kind: str, source: Path, target: Path) -> Path:
    """Build a *kind* of distribution from *source* into *target*, with the installed setuptools."""
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(target)!r}))"
    built = subprocess.run([sys.executable, "-c", code], cwd=source, check=True, capture_output=True, text=True)
    return target / built.stdout.splitlines()[-1]


def contents(wheel: Path) -> set[str]:
    """What a *wheel* installs, without its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def shipped() -> set[str]:
    """What a wheel must install."""
    return {DOOR.name, *(installed_as(path) for folder in FOLDERS | {"ackproof"} for path in files(folder))}


def test_each_folder_is_mapped_to_its_name() -> None:
    assert SETUPTOOLS["package-dir"] == {f"ackproof.{folder}": folder for folder in FOLDERS}


def test_each_folder_has_a_relative_link() -> None:
    links = {path.name: str(path.readlink()) for path in ROOT.joinpath("ackproof").iterdir() if path.is_symlink()}

    assert links == {folder: f"../{folder}" for folder in FOLDERS}


def test_each_package_is_listed() -> None:
    inits = {path for path in shipped() if path.endswith("/__init__.py")}

    assert set(SETUPTOOLS["packages"]) == {init.removesuffix("/__init__.py").replace("/", ".") for init in inits}


def test_the_bare_name_of_each_folder_is_banned() -> None:
    banned = PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]

    assert banned == {folder: {"msg": f"say ackproof.{folder}"} for folder in FOLDERS}


def test_each_folder_has_a_layer() -> None:
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]

    assert set(re.findall(r"\w+", " ".join(layers))) >= FOLDERS


def test_each_module_is_imported_under_one_name() -> None:
    for module in pkgutil.walk_packages(ackproof.__path__, "ackproof."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    names: dict[Path, set[str]] = defaultdict(set)
    for name, loaded in list(sys.modules.items()):
        if file := getattr(loaded, "__file__", None):
            names[Path(file).resolve()].add(name)
    assert {path: names[path] for path in modules() if len(names[path]) > 1} == {}


def test_nothing_is_collected_from_the_real_folders() -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(FOLDERS)]

    collected = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)

    assert collected.returncode == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_wheel_holds_every_file(source: Path, tmp_path: Path) -> None:
    wheel = build("wheel", source, tmp_path)

    assert contents(wheel) == shipped()


def test_a_wheel_made_from_an_sdist_holds_every_file(source: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(build("sdist", source, tmp_path), tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()

    assert contents(build("wheel", unpacked, tmp_path)) == shipped()


@pytest.mark.slow
def test_an_installed_wheel_verifies_the_example_without_the_repository(source: Path, tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", "site"]
    subprocess.run([*install, str(build("wheel", source, tmp_path))], cwd=tmp_path, check=True)

    verify = [sys.executable, "-m", "ackproof", "verify", str(example()), "--format", "json"]
    environment = {**os.environ, "PYTHONPATH": "site"}
    ended = subprocess.run(verify, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, check=False)

    (pipeline,) = json.loads(ended.stdout)["pipelines"]
    assert pipeline["errors"] == []
    assert ended.returncode in {0, 1}


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}

    assert {path: length for path, length in lengths.items() if length > 300} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": lines_without_docstring(node)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {function: length for function, length in lengths.items() if length > 40} == {}


def test_the_readme_has_one_command_to_verify_and_one_to_test() -> None:
    commands = readme_commands()

    assert set(commands) == {"verify", "test"}
    assert all(command.startswith("python3 -m venv .venv && ") for command in commands.values())
    assert " pytest" in commands["test"].replace("/", " ")


def test_the_pipeline_that_the_readme_verifies_is_there() -> None:
    assert example().is_file()


def test_ci_takes_its_commands_from_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()

    assert "$(readme verify)" in script
    assert "$(readme test)" in script
    assert "pip install" not in script
