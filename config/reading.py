"""Reads a pipeline: a file ``NAME.ackproof.toml``, or the properties files of its parts."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import attrs

from ackproof.config.accepting import accepted_in
from ackproof.config.clients.agreement import check_agreement
from ackproof.config.clients.consumer import consumer_in
from ackproof.config.clients.producer import producer_in
from ackproof.config.faults import faults_from, faults_in
from ackproof.config.features import features_in
from ackproof.config.files.lines import lines_of
from ackproof.config.files.problems import BadConfiguration, Problem, Remarks, bytes_of
from ackproof.config.files.section import (
    Section,
    checked_words,
    flat,
    refuse_unknown,
    seconds,
    settings,
    shown,
    table,
    text,
    whole_number,
    words,
)
from ackproof.config.files.words import DEFAULT_BUDGET_S, DEFAULT_CLAIMS, DEFAULT_RECORDS
from ackproof.config.membership import check_group_protocol
from ackproof.config.pipeline import Bounds, Faults, Pipeline, Place, Setting
from ackproof.config.sources.reading import kafka_in, parts_of, settings_in
from ackproof.config.sources.reference import KEY
from ackproof.config.static_members import check_instance_id
from ackproof.config.timing.measures import timing_in
from ackproof.config.topic import check_reach, topic_of
from ackproof.config.versions import KAFKA_RELEASES, NEWEST_KAFKA, Version, is_too_new, is_too_old, parts, version_of
from ackproof.properties.claims import CLAIMS

__all__ = ["BadConfiguration", "Overrides", "Problem", "pipeline_in", "pipeline_of_properties", "read_pipeline"]

SUFFIX = ".ackproof.toml"


@attrs.frozen
class Overrides:
    """What the command line says in place of the file; faults as KIND,KIND:N."""

    claims: tuple[str, ...] | None = None
    faults: str | None = None
    records: int | None = None
    budget_s: float | None = None
    kafka: str | None = None


def read_pipeline(
    path: str | Path, *, overrides: Overrides | None = None, instead: Mapping[Path, bytes] | None = None
) -> Pipeline:
    """
    The pipeline in a file.

    Args:
        instead: What files are taken to hold, in place of what they do.

    Raises:
        BadConfiguration: with everything that is wrong.
    """
    remarks = Remarks(instead=instead or {})
    root = _document(Path(path), remarks)
    name = text(root, "name") or Path(path).name.removesuffix(SUFFIX)
    return _unless_bad(_pipeline(root, name, overrides or Overrides()), remarks)


def pipeline_in(document: Mapping[str, object], *, name: str = "pipeline", file: str | None = None) -> Pipeline:
    """
    The pipeline in the words of a pipeline file, without a file.

    Args:
        file: Where the document is from: what it says counts as given there, and not as a default.

    Raises:
        BadConfiguration: with everything that is wrong.
    """
    root = Section("", document, file, {}, Remarks())
    return _unless_bad(_pipeline(root, text(root, "name") or name, Overrides()), root.remarks)


def pipeline_of_properties(
    producer: str | Path | None = None,
    consumer: str | Path | None = None,
    topic: str | Path | None = None,
    kafka: str | None = None,
    *,
    overrides: Overrides | None = None,
) -> Pipeline:
    """
    The pipeline of Java clients that properties files configure.

    Raises:
        BadConfiguration: with everything that is wrong.
    """
    remarks = Remarks()
    given = {"producer": producer, "consumer": consumer, "topic": topic}
    sides: dict[str, object] = {side: {KEY: str(path)} for side, path in given.items() if path is not None}
    root = Section("", {**sides, **({} if kafka is None else {"kafka": kafka})}, None, {}, remarks)
    return _unless_bad(_pipeline(root, "pipeline", overrides or Overrides()), remarks)


def _unless_bad(pipeline: Pipeline, remarks: Remarks) -> Pipeline:
    if remarks.problems:
        raise BadConfiguration(tuple(remarks.problems))
    return attrs.evolve(pipeline, notices=tuple(remarks.notices))


def _document(path: Path, remarks: Remarks) -> Section:
    """
    The file as a whole.

    Raises:
        BadConfiguration: it can not be read, or is no TOML.
    """
    data = bytes_of(path, str(path), Place(), None, remarks)
    if data is None:
        raise BadConfiguration(tuple(remarks.problems))
    try:
        content = data.decode("utf-8-sig")
        return Section("", tomllib.loads(content), str(path), lines_of(content), remarks)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise _no_toml(path, line, "the file is not UTF-8") from None
    except RecursionError:
        raise _no_toml(path, None, "nested too deeply") from None
    except ValueError as problem:
        line_said = re.search(r"at line (\d+)", str(problem))
        line = int(line_said[1]) if line_said else data.count(b"\n") + 1
        raise _no_toml(path, line, f"no valid TOML: {problem}") from None


def _no_toml(path: Path, line: int | None, message: str) -> BadConfiguration:
    return BadConfiguration((Problem(str(path), line, None, message),))


def _pipeline(root: Section, name: str, overrides: Overrides) -> Pipeline:
    """Everything in the file and on the command line; what is wrong goes to the remarks of *root*."""
    remarks = root.remarks
    of_topic, of_brokers = _topic(table(root, "topic"))
    kafka, version = _kafka(root, of_brokers, overrides)
    topic = topic_of(of_topic, version, remarks, root.place_of("topic") if "producer" in root.values else None)
    sides = {side: table(root, side) for side in ("producer", "consumer")}
    producer = producer_in(sides["producer"], version) if "producer" in root.values else None
    faults, names_faults = _faults(root, overrides)
    consumer = consumer_in(sides["consumer"], version, faults) if "consumer" in root.values else None
    of_features = _with_flat_keys(table(root, "features"))
    pipeline = Pipeline(
        name=name,
        file=root.file,
        kafka=kafka,
        topic=topic,
        producer=producer,
        consumer=consumer,
        faults=faults,
        claims=_claims(root, overrides),
        bounds=_bounds(root, overrides),
        features=features_in(of_features, version),
        names_faults=names_faults,
        timing=timing_in(table(root, "timing")),
        accepted=accepted_in(table(root, "accept")),
        given_features=frozenset(of_features.values),
    )
    refuse_unknown(root)
    check_agreement(root, version, topic, producer, consumer, remarks)
    check_group_protocol(pipeline, remarks)
    check_instance_id(pipeline, remarks)
    if producer is not None:
        check_reach(topic, faults.at_most, remarks)
    return pipeline


def _command_line(values: Mapping[str, object], remarks: Remarks) -> Section:
    """What the command line says, as a table that stands nowhere."""
    return Section("", values, None, {}, remarks)


def _topic(section: Section) -> tuple[list[Setting], Setting | None]:
    """The settings of topic and brokers, its own before those of the files that it names; and the version in these."""
    parts = parts_of(section, ("broker", "topic"))
    own = attrs.evolve(section, values={key: value for key, value in section.values.items() if key != KEY})
    return [*settings_in(parts), *settings(own)], kafka_in(parts)


def _kafka(root: Section, of_brokers: Setting | None, overrides: Overrides) -> tuple[str, Version]:
    """The version of the brokers, as given and as a release: the command line before the file, and its own before."""
    in_file = text(root, "kafka")
    named = [Setting("kafka", overrides.kafka), Setting("kafka", in_file, root.file, root.place_of("kafka").line)]
    settings_of = [*named, *([of_brokers] if of_brokers else [])]
    given = next((each for each in settings_of if each.value), Setting("kafka", NEWEST_KAFKA))
    version = str(given.value).strip()
    problem = _bad_version(version)
    if problem is None:
        return version, version_of(version)
    root.remarks.refuse("kafka", problem, given.place)
    return NEWEST_KAFKA, version_of(NEWEST_KAFKA)


def _bad_version(given: str) -> str | None:
    try:
        version = parts(given)
    except ValueError:
        return f"kafka must be a version such as {NEWEST_KAFKA}, not {shown(given)}"
    if is_too_new(version, KAFKA_RELEASES):
        return f"kafka {given} is newer than the newest that is known, {NEWEST_KAFKA}"
    if is_too_old(version, KAFKA_RELEASES):
        return f"kafka {given} is older than the oldest that is known, 0.10"
    return None


def _faults(root: Section, overrides: Overrides) -> tuple[Faults, bool]:
    in_file = faults_in(table(root, "faults"))
    if overrides.faults is None:
        return in_file
    return faults_from(overrides.faults, _command_line({}, root.remarks)), True


def _with_flat_keys(section: Section) -> Section:
    """The *section* as if each key with dots had stood in quotes."""
    return attrs.evolve(section, values=dict(flat(section.values)))


def _claims(root: Section, overrides: Overrides) -> tuple[str, ...]:
    section = table(root, "claims")
    named = words(section, "expect", CLAIMS, "claim")
    refuse_unknown(section)
    if section.values.get("expect") == []:
        section.refuse("expect", "claims.expect must name at least one claim")
    if overrides.claims == ():
        root.remarks.refuse("claims", "there must be at least one claim")
    if overrides.claims is not None:
        named = checked_words(overrides.claims, CLAIMS, "claim", "claims", _command_line({}, root.remarks))
    return DEFAULT_CLAIMS if named is None else named


def _bounds(root: Section, overrides: Overrides) -> Bounds:
    section = table(root, "bounds")
    records = whole_number(section, "records", 1, DEFAULT_RECORDS)
    budget_s = seconds(section, "budget_s", DEFAULT_BUDGET_S)
    refuse_unknown(section)
    given = {"records": overrides.records, "budget_s": overrides.budget_s}
    line = _command_line(given, root.remarks)
    return Bounds(whole_number(line, "records", 1, records), seconds(line, "budget_s", budget_s))
