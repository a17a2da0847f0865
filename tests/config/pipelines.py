"""Pipelines for tests: written to a file, and read."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from ackproof.config.files.problems import BadConfiguration, Problem
from ackproof.config.pipeline import Consumer, Notice, Pipeline, Producer
from ackproof.config.reading import Overrides, read_pipeline

NAME = "shop.ackproof.toml"
Config = Mapping[str, str | int | bool]


def read(text: str | bytes, overrides: Overrides | None = None, **files: str) -> Pipeline:
    """The pipeline in a file with that *text*, beside properties *files* (``producer=...``)."""
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, f"{name}.properties").write_text(content, encoding="utf-8")
        path = Path(folder, NAME)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_pipeline(path, overrides=overrides)


def problems(text: str | bytes, overrides: Overrides | None = None, **files: str) -> tuple[Problem, ...]:
    """What is wrong with it; nothing if it can be read."""
    try:
        read(text, overrides, **files)
    except BadConfiguration as bad:
        return bad.problems
    return ()


def messages(text: str | bytes, overrides: Overrides | None = None, **files: str) -> list[str]:
    """What is said to be wrong with it."""
    return [problem.message for problem in problems(text, overrides, **files)]


def side(name: str, config: Config, client: str = "java", kafka: str = "4.3", extra: str = "") -> str:
    """The text of a pipeline that has one client with these settings."""
    settings = "\n".join(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in config.items())
    return f'kafka = "{kafka}"\n[{name}]\nclient = "{client}"\n{extra}\n[{name}.config]\n{settings}\n'


def producer(config: Config, client: str = "java", kafka: str = "4.3") -> Producer:
    """A producer with these settings."""
    found = read(side("producer", config, client, kafka)).producer
    assert found is not None
    return found


def consumer(config: Config, client: str = "java", kafka: str = "4.3", extra: str = "") -> Consumer:
    """A consumer with these settings."""
    found = read(side("consumer", config, client, kafka, extra)).consumer
    assert found is not None
    return found


def refusals(name: str, config: Config, client: str = "java", kafka: str = "4.3") -> dict[str | None, str]:
    """What is wrong with a client's settings, by key."""
    return {problem.key: problem.message for problem in problems(side(name, config, client, kafka))}


def notices(name: str, config: Config, client: str = "java", kafka: str = "4.3") -> dict[str, Notice]:
    """What is worth knowing about a client's settings, by key."""
    return {notice.key: notice for notice in read(side(name, config, client, kafka)).notices}
