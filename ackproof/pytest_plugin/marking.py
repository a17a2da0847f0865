"""Verdicts in tests that people write: the marker and the fixture."""

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import pytest

from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.properties.verdict import Judgement
from ackproof.pytest_plugin.asking import asked
from ackproof.pytest_plugin.failing import ClaimError, Said, decide
from ackproof.pytest_plugin.judging import judged
from ackproof.pytest_plugin.placing import complaint


def require(item: pytest.Function, mark: pytest.Mark) -> None:
    """
    Go on only if what the marker claims holds.

    Raises:
        pytest.fail.Exception: It does not, or the marker or the configuration makes no sense.
    """
    found = said(item, *arguments(mark))
    try:
        decide(found, asked(item.config).unknown)
    except ClaimError as error:
        message = f"{error.short}\n\n{error}"
    else:
        return
    pytest.fail(message, pytrace=False)


def arguments(mark: pytest.Mark) -> tuple[str | Path, Overrides]:
    """
    What a marker says.

    Raises:
        pytest.fail.Exception: It makes no sense.
    """
    try:
        return marked(*mark.args, **mark.kwargs)
    except TypeError as problem:
        message = str(problem).replace(f"{marked.__name__}()", "the marker ackproof")
    pytest.fail(message, pytrace=False)


def marked(
    pipeline: str | Path,
    *,
    claim: str | Sequence[str] | None = None,
    faults: str | Sequence[str] | None = None,
    records: int | None = None,
    kafka: str | None = None,
) -> tuple[str | Path, Overrides]:
    """What a marker names: a file, and what is said in its place."""
    return pipeline, Overrides(listed(claim), commas(faults), records, kafka=kafka)


def verifier(item: pytest.Item) -> Callable[..., Judgement]:
    """What the fixture gives to the test *item*."""

    def verify(
        path: str | Path,
        claims: str | Sequence[str] | None = None,
        *,
        faults: str | Sequence[str] | None = None,
        records: int | None = None,
        kafka: str | None = None,
    ) -> Judgement:
        found = said(item, path, Overrides(listed(claims), commas(faults), records, kafka=kafka))
        return attrs.evolve(found[0][0], verdicts=tuple(verdict for _, verdict, _ in found))

    return verify


def said(item: pytest.Item, path: str | Path, own: Overrides) -> list[Said]:
    """
    What is said of each claim of the pipeline in a file beside the test.

    Args:
        own: What the test says in place of the file, and of the run.

    Raises:
        pytest.fail.Exception: The configuration can not be run.
    """
    given = {name: value for name, value in attrs.asdict(own).items() if value is not None}
    overrides = attrs.evolve(asked(item.config).overrides, **given)
    try:
        pipeline = read_pipeline(item.path.parent / path, overrides=overrides)
    except BadConfiguration as bad:
        message = complaint(bad, item.config.rootpath)
    else:
        return [judged(item, pipeline, claim, overrides) for claim in dict.fromkeys(pipeline.claims)]
    pytest.fail(message, pytrace=False)


def listed(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """One name or several."""
    return (names,) if isinstance(names, str) else None if names is None else tuple(names)


def commas(names: str | Sequence[str] | None) -> str | None:
    """One name or several, as the command line has them."""
    return names if isinstance(names, str) or names is None else ",".join(names)
