from collections.abc import Callable, Mapping
from typing import cast

import attrs
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.config.sources.boot.names import identity, name_of, of_variable, uniform, variable_of
from ackproof.config.sources.part import Part
from tests.config.sources.applications import in_environment, in_properties, in_yaml, values, words

TYPED: Mapping[str, st.SearchStrategy[str]] = {
    "spring.kafka.client-id": st.just("shop"),
    "spring.kafka.producer.acks": st.sampled_from(["all", "1"]),
    "spring.kafka.producer.batch-size": st.sampled_from(["32KB", "16384"]),
    "spring.kafka.producer.transaction-id-prefix": st.just("tx-"),
    "spring.kafka.consumer.auto-offset-reset": st.just("earliest"),
    "spring.kafka.consumer.max-poll-interval": st.sampled_from(["5m", "PT1H", "90000"]),
    "spring.kafka.consumer.isolation-level": st.sampled_from(["READ_COMMITTED", "read-committed"]),
    "spring.kafka.listener.ack-mode": st.sampled_from(["RECORD", "manual-immediate", "manual_immediate"]),
    "spring.kafka.listener.concurrency": st.just("3"),
}
MAPPED = {
    "spring.kafka.properties": ("client.rack", "reconnect.backoff.ms"),
    "spring.kafka.producer.properties": ("enable.idempotence", "linger.ms", "max.in.flight.requests.per.connection"),
    "spring.kafka.consumer.properties": ("session.timeout.ms", "partition.assignment.strategy"),
}
KEYS = [(above, key) for above, keys in MAPPED.items() for key in keys]


@attrs.frozen
class Property:
    """A property as Spring's documentation spells it: the key of a map is its last element."""

    elements: tuple[str, ...]
    value: str

    @classmethod
    def named(cls, key: str) -> "Callable[[str], Property]":
        return lambda value: cls(tuple(key.split(".")), value)

    @property
    def is_of_map(self) -> bool:
        return "properties" in self.elements


def spaced(element: str) -> str:
    return element.replace("-", "_")


def plain(element: str) -> str:
    return element.replace("-", "")


def camel(element: str) -> str:
    first, *others = element.split("-")
    return first + "".join(word.capitalize() for word in others)


STYLES: tuple[Callable[[str], str], ...] = (str, str.upper, spaced, plain, camel)
DRAWN_TYPED = [value.map(Property.named(key)) for key, value in TYPED.items()]
DRAWN_MAPPED = [st.just(Property((*above.split("."), key), "1")) for above, key in KEYS]
PROPERTIES = st.lists(st.one_of(*DRAWN_TYPED, *DRAWN_MAPPED), max_size=6, unique_by=lambda each: each.elements)
FEW = settings(max_examples=40)


def said(parts: tuple[Part, ...]) -> list[object]:
    return [(part.side, values(part), words(part)) for part in parts]


def canonical(properties: list[Property]) -> list[object]:
    return said(in_properties("".join(f"{'.'.join(each.elements)}={each.value}\n" for each in properties)))


@st.composite
def spelt(draw: st.DrawFn, property_: Property) -> tuple[str, ...]:
    """The elements in some spelling; a key of Kafka stays as it is, in brackets or without."""
    above = property_.elements[:-1] if property_.is_of_map else property_.elements
    elements = [draw(st.sampled_from(STYLES))(element) for element in above]
    if not property_.is_of_map:
        return tuple(elements)
    key = property_.elements[-1]
    return (*elements, f"[{key}]") if draw(st.booleans()) else (*elements, *key.split("."))


def dotted(elements: tuple[str, ...]) -> str:
    return "".join(each if each.startswith("[") else f".{each}" for each in elements).removeprefix(".")


@st.composite
def as_yaml(draw: st.DrawFn, properties: list[Property]) -> str:
    """The properties nested, or with dots, at any depth."""
    root: dict[str, object] = {}
    for each in draw(st.permutations(properties)):
        elements = draw(spelt(each))
        cuts = sorted(draw(st.sets(st.integers(1, len(elements) - 1))))
        groups = zip([0, *cuts], [*cuts, len(elements)], strict=True)
        *above, last = [dotted(elements[start:end]) for start, end in groups]
        table = root
        for key in above:
            table = cast("dict[str, object]", table.setdefault(key, {}))
        table[last] = each.value
    return yaml.safe_dump(root, sort_keys=False)


@st.composite
def as_variables(draw: st.DrawFn, properties: list[Property]) -> dict[str, str]:
    """The properties as variables, the words of one apart or not."""
    found: dict[str, str] = {}
    for each in draw(st.permutations(properties)):
        text = "_".join(each.elements)
        spelling = text.replace("-", draw(st.sampled_from(["", "_"]))).replace(".", "_").upper()
        found[spelling] = each.value
    return found


@FEW
@given(st.data(), PROPERTIES)
def test_every_spelling_in_yaml_says_the_same(data: st.DataObject, properties: list[Property]) -> None:
    text = data.draw(as_yaml(properties))

    assert said(in_yaml(text)) == canonical(properties)


@FEW
@given(st.data(), PROPERTIES)
def test_every_spelling_in_a_properties_file_says_the_same(data: st.DataObject, properties: list[Property]) -> None:
    lines = [f"{dotted(data.draw(spelt(each)))}: {each.value}" for each in data.draw(st.permutations(properties))]

    assert said(in_properties("\n".join(lines))) == canonical(properties)


@FEW
@given(st.data(), PROPERTIES)
def test_every_spelling_of_variables_says_the_same(data: st.DataObject, properties: list[Property]) -> None:
    variables = data.draw(as_variables(properties))

    assert said(in_environment(variables)) == canonical(properties)


@given(st.sampled_from(sorted(TYPED)))
def test_the_variable_of_a_property_leads_back_to_it(key: str) -> None:
    name = name_of(key)

    assert "".join(map(uniform, of_variable(variable_of(name) or ""))) == "".join(identity(name))


def test_a_key_with_a_separator_of_its_own_has_no_variable() -> None:
    assert variable_of(("spring", "kafka", "producer", "properties", "a_b")) is None
    assert variable_of(("spring", "kafka", "producer", "properties", "a.b")) == "SPRING_KAFKA_PRODUCER_PROPERTIES_A_B"
