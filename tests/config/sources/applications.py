"""Spring Boot applications for tests: in YAML, as properties, and as environment variables."""

from collections.abc import Mapping

from ackproof.config.files.problems import Remarks
from ackproof.config.files.properties import settings_of
from ackproof.config.sources.environment import Variable
from ackproof.config.sources.part import Part, Side, Slot
from ackproof.config.sources.spring import from_documents, from_environment, from_settings, separators_in
from ackproof.config.sources.tree import documents_in

PLACE = Slot(0, ("services", "shop", "environment", "SPRING_KAFKA_CLIENT_ID"))


def in_yaml(text: str, remarks: Remarks | None = None, file: str = "application.yml") -> tuple[Part, ...]:
    """The parts of an application in YAML."""
    remarks = remarks or Remarks()
    return from_documents(documents_in(text.encode(), file, remarks), file, remarks)


def in_properties(text: str, remarks: Remarks | None = None) -> tuple[Part, ...]:
    """The parts of an application in a properties file."""
    remarks, file = remarks or Remarks(), "application.properties"
    data = text.encode()
    return from_settings(list(settings_of(data, file, remarks)), file, remarks, separators_in(data))


def in_environment(variables: Mapping[str, str], remarks: Remarks | None = None) -> tuple[Part, ...]:
    """The parts of an application that environment variables configure, of which each stands on a line of its own."""
    placed = [Variable(name, value, line, PLACE) for line, (name, value) in enumerate(variables.items(), start=1)]
    return from_environment(placed, "shop", "compose.yml", remarks or Remarks())


def part(parts: tuple[Part, ...], side: Side, name: str | None = None) -> Part:
    """The one part of a side under a name."""
    (found,) = (each for each in parts if (each.side, each.name) == (side, name))
    return found


def values(part: Part) -> dict[str, str | None]:
    """What a part sets, by Kafka's keys."""
    return {setting.key: setting.value for setting in part.settings}


def words(part: Part) -> dict[str, str | None]:
    """What a part says of the application."""
    return {key: word.value for key, word in part.words.items()}


def producer(lines: str) -> dict[str, str | None]:
    """What a producer sets whose properties are given."""
    return values(part(in_properties(lines), "producer"))


def consumer(lines: str) -> dict[str, str | None]:
    """What a consumer sets whose properties are given."""
    return values(part(in_properties(lines), "consumer"))


def problems(lines: str) -> list[str]:
    """What is wrong with an application's properties."""
    remarks = Remarks()
    in_properties(lines, remarks)
    return [f"{problem.line}: {problem.key}: {problem.message}" for problem in remarks.problems]


def notices(lines: str) -> list[str]:
    """What there is to know about an application's properties."""
    remarks = Remarks()
    in_properties(lines, remarks)
    return [f"{notice.line}: {notice.key}: {notice.message}" for notice in remarks.notices]
