"""What was asked for: options of the command line and their twins in the configuration file, as values."""

import os
from pathlib import Path
from typing import Literal, cast, get_args

import attrs
import pytest

from ackproof.config.reading import BadConfiguration, Overrides, pipeline_of_properties
from ackproof_pytest import option, report_folder

Unknown = Literal["fail", "xfail", "skip"]


@attrs.frozen
class Asked:
    """
    What holds for each pipeline of a run.

    Attributes:
        unknown: What becomes of a claim that is unknown.
        is_repaired: Whether to look for repairs.
        report: The folder for what is written.
    """

    overrides: Overrides
    unknown: Unknown
    is_repaired: bool
    report: Path | None


def asked(config: pytest.Config) -> Asked:
    """
    What was asked for.

    Raises:
        pytest.UsageError: It makes no sense.
    """
    return Asked(
        overrides=Overrides(
            faults=option(config, "faults"),
            records=int(number(config, "records")) if option(config, "records") else None,
            budget_s=number(config, "budget") if option(config, "budget") else None,
            kafka=option(config, "kafka"),
        ),
        unknown=cast("Unknown", chosen(config, "unknown", get_args(Unknown))),
        is_repaired=chosen(config, "repairs", ("yes", "no")) == "yes",
        report=report_folder(config),
    )


def checked(config: pytest.Config) -> None:
    """
    Refuse what makes no sense, and a folder that can not be made.

    Raises:
        pytest.UsageError: With what is wrong.
    """
    found = asked(config)
    try:
        pipeline_of_properties(consumer=os.devnull, overrides=found.overrides)
    except BadConfiguration as bad:
        raise pytest.UsageError("; ".join(f"ackproof: {problem.message}" for problem in bad.problems)) from None
    if found.report:
        try:
            found.report.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise pytest.UsageError(f"ackproof: can not write to {found.report}: {problem.strerror}") from None


def number(config: pytest.Config, name: str) -> float:
    """
    A number that was asked for.

    Raises:
        pytest.UsageError: It is none.
    """
    given = option(config, name) or ""
    try:
        return int(given) if name == "records" else float(given)
    except ValueError:
        raise pytest.UsageError(f"ackproof: {name} takes a number, not {given!r}") from None


def chosen(config: pytest.Config, name: str, choices: tuple[str, ...]) -> str:
    """
    One of the *choices*, the first if nothing was asked for.

    Raises:
        pytest.UsageError: It is none of them.
    """
    given = option(config, name) or choices[0]
    if given not in choices:
        raise pytest.UsageError(f"ackproof: {name} is one of {', '.join(choices)}, not {given!r}")
    return given
