"""Collects each file under one name only: ``ackproof.model.log``, never ``model.log``."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent
MAPPING = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]

# The folders that hold the code. Their tests and doctests are collected through the links in ackproof/.
collect_ignore_glob = [f"{folder}/*" for folder in MAPPING.values()]
