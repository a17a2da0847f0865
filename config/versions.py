"""Versions: how they are written, and which listed release stands for one."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import attrs

Version = tuple[int, ...]
Rules = TypeVar("Rules")
Record = TypeVar("Record", bound=attrs.AttrsInstance)
Changes = Sequence[tuple[Version, Mapping[str, Any]]]
"""What is new since which version, oldest first: fields of rules."""

KAFKA_RELEASES = (
    *("0.10.2.2", "0.11.0.3", "1.0.2", "1.1.1", "2.0.1", "2.1.1", "2.2.2", "2.3.1", "2.4.1", "2.5.1", "2.6.3"),
    *("2.7.2", "2.8.2", "3.0.0", "3.0.1", "3.1.0", "3.1.1", "3.2.3", "3.3.2", "3.4.1", "3.5.2", "3.6.2", "3.7.2"),
    *("3.8.1", "3.9.1", "4.0.0", "4.1.0", "4.1.1", "4.2.0", "4.3.1"),
)
"""The releases of Kafka that are known, oldest first."""

NEWEST_KAFKA = "4.3"
LARGEST_PART = 999_999
"""The largest number that a part of a version may be."""


def parts(text: str) -> Version:
    """
    The numbers of a version.

    Raises:
        ValueError: *text* is no version.
    """
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}", text):
        raise ValueError(f"{text} is no version")
    return tuple(int(part) for part in text.split("."))


def version_of(text: str) -> Version:
    """
    The release of Kafka that *text* names: MAJOR.MINOR is its newest listed patch.

    Raises:
        ValueError: *text* is no version.
    """
    return newest_patch(parts(text), KAFKA_RELEASES)


def last_patch(text: str) -> Version:
    """
    The last patch that there can be of the release that *text* names, listed or not; itself if it names a patch.

    Raises:
        ValueError: *text* is no version.
    """
    version = parts(text)
    return (*version, LARGEST_PART) if len(version) == 2 else version


def newest_patch(version: Version, releases: Sequence[str]) -> Version:
    """The newest listed release that begins with *version*, else *version* itself."""
    return max((r for r in map(parts, releases) if r[: len(version)] == version), default=version)


def listed_for(version: Version, releases: Sequence[str]) -> str:
    """
    The listed release that stands for *version*: the nearest one of the same MAJOR.MINOR, which decides on defaults.

    Else the nearest one that is not newer, else the oldest.
    """
    version = newest_patch(version, releases)
    alike = [release for release in releases if parts(release)[:2] == version[:2]]
    older = [release for release in alike or releases if parts(release) <= version]
    return max(older, key=parts) if older else min(alike or releases, key=parts)


def is_too_new(version: Version, releases: Sequence[str]) -> bool:
    """Whether *version* belongs to a later MAJOR.MINOR than every listed release."""
    return version[:2] > max(map(parts, releases))[:2]


def is_too_old(version: Version, releases: Sequence[str]) -> bool:
    """Whether *version* belongs to an earlier MAJOR.MINOR than every listed release."""
    return version[:2] < min(map(parts, releases))[:2]


def since(version: Version, changes: Sequence[tuple[Version, Rules]]) -> Rules:
    """What is in force in *version*: the last of the *changes*, oldest first, that it has."""
    return [rules for first, rules in changes if first <= version][-1]


def changed(rules: Record, changes: Changes, version: Version) -> Record:
    """*rules* with all *changes*, oldest first, that a *version* has."""
    for first, fields in changes:
        if version >= first:
            rules = attrs.evolve(rules, **fields)  # type: ignore[misc]  # mypy asks for a certain attrs class
    return rules


def dotted(version: Version) -> str:
    """A version as it is written."""
    return ".".join(map(str, version))
