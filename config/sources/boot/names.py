"""
Names of Spring Boot's properties, in all the spellings that are the same to it.

Source: ``ConfigurationPropertyName``, ``DefaultPropertyMapper``, ``SystemEnvironmentPropertyMapper``.
"""

import re
from functools import lru_cache

Name = tuple[str, ...]
"""The elements of a name: ``("spring", "kafka", "producer", "acks")``."""

KAFKA: Name = ("spring", "kafka")
PROPERTIES = "properties"
"""The property that is a map: what is behind it is a key of Kafka, however many elements it has."""

ELEMENT = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
NOT_UNIFORM = re.compile(r"[^a-z0-9]")
IN_VARIABLE = re.compile(r"[a-z0-9.]+")


def name_of(key: str) -> Name:
    """
    The name that a *key* in a file has.

    >>> name_of("spring.kafka.properties[enable.idempotence]")
    ('spring', 'kafka', 'properties', 'enable.idempotence')
    """
    return tuple(bracketed or plain.strip() for bracketed, plain in ELEMENT.findall(key) if bracketed or plain.strip())


def key_of(path: Name) -> str:
    """The key that a *path* through a YAML file comes to: an element in brackets follows without a dot."""
    return "".join(element if element.startswith("[") else f".{element}" for element in path).removeprefix(".")


@lru_cache(maxsize=4096)
def uniform(element: str) -> str:
    """What all spellings of an element have in common: kebab, camel and snake case are the same."""
    return NOT_UNIFORM.sub("", element.lower())


def identity(name: Name) -> Name:
    """What all spellings of a name have in common; behind a map of Kafka's keys stands the key as it is."""
    plain = tuple(map(uniform, name))
    for length in (3, 4):
        if plain[:2] == KAFKA and plain[length - 1 : length] == (PROPERTIES,) and len(name) > length:
            return (*plain[:length], ".".join(name[length:]))
    return plain


def of_variable(variable: str) -> Name:
    """
    The name that an environment *variable* has, whose words are taken for elements.

    >>> of_variable("SPRING_KAFKA_PROPERTIES_ENABLE_IDEMPOTENCE")
    ('spring', 'kafka', 'properties', 'enable', 'idempotence')
    """
    return name_of(variable) if "." in variable else tuple(filter(None, variable.lower().split("_")))


def variable_of(name: Name) -> str | None:
    """The environment variable for a *name*; None if there is none, as in those of keys with underscores."""
    *above, last = name
    behind = last if above[-1] == PROPERTIES else last.replace("-", "")
    return "_".join((*above, behind)).replace(".", "_").upper() if IN_VARIABLE.fullmatch(behind) else None
