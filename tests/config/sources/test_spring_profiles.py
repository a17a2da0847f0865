import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.config.files.problems import Remarks
from ackproof.config.pipeline import Setting
from ackproof.config.sources.boot.profiles import MalformedError, matches
from ackproof.config.sources.part import Slot
from ackproof.config.sources.spring import (
    from_documents,
    from_settings,
    layers_of_documents,
    layers_of_settings,
    profile_of,
    separators_in,
)
from ackproof.config.sources.tree import documents_in
from tests.config.sources.applications import in_properties, in_yaml, part, problems, values

SHOP = """\
spring.kafka:
  producer: {acks: all, retries: 3}
---
spring:
  config.activate.on-profile: test
  kafka.producer.acks: 1
---
spring:
  config.activate.on-profile: "!test & !default"
  kafka.producer.retries: 7
"""


def test_a_profile_is_a_part_of_its_own_over_what_is_always_said() -> None:
    parts = in_yaml(SHOP)

    assert [(each.side, each.name) for each in parts] == [("producer", None), ("producer", "test")]
    assert values(part(parts, "producer")) == {"acks": "all", "retries": "3"}
    assert values(part(parts, "producer", "test")) == {"acks": "1", "retries": "3"}


def test_a_setting_of_a_profile_has_the_line_of_its_document() -> None:
    found = part(in_yaml(SHOP), "producer", "test")

    assert {each.key: each.line for each in found.settings} == {"acks": 6, "retries": 2}


def test_the_older_name_means_the_same() -> None:
    older = SHOP.replace("config.activate.on-profile", "profiles")

    assert [(each.name, values(each)) for each in in_yaml(older)] == [
        (each.name, values(each)) for each in in_yaml(SHOP)
    ]


@pytest.mark.parametrize("written", ["[eu, us]", "eu, us", "eu | us", '"(eu | us) & !test"'])
def test_a_document_can_be_of_several_profiles(written: str) -> None:
    parts = in_yaml(f"spring.kafka.producer.acks: all\n---\nspring:\n  profiles: {written}\n  kafka.producer.acks: 0\n")

    assert values(part(parts, "producer", "eu")) == values(part(parts, "producer", "us")) == {"acks": "0"}
    assert values(part(parts, "producer")) == {"acks": "all"}


def test_without_a_profile_the_default_one_is_active() -> None:
    (found,) = in_yaml("spring: {config.activate.on-profile: default, kafka.producer.acks: 0}")

    assert (found.name, values(found)) == (None, {"acks": "0"})


def test_profiles_that_do_not_concern_kafka_are_left_out() -> None:
    assert len(in_yaml("spring.kafka.producer.acks: all\n---\nspring.config.activate.on-profile: test\nport: 1\n")) == 1


def test_a_properties_file_has_documents_too() -> None:
    parts = in_properties(
        "spring.kafka.producer.acks=all\n#---\nspring.config.activate.on-profile=test\nspring.kafka.producer.acks=1\n"
    )

    assert [(each.name, values(each)) for each in parts] == [(None, {"acks": "all"}), ("test", {"acks": "1"})]


def test_a_separator_stands_by_itself() -> None:
    assert separators_in(b"a=1\n#---\nb=2\r\n!---  \nc=3") == (2, 4)
    assert separators_in(b"# heading\n#---\n #---\n#----\n#--- x\na=#---") == ()


@attrs.frozen
class Drawn:
    """An expression, and the profiles under each of which it holds."""

    text: str
    holds: frozenset[str]

    def inverted(self) -> "Drawn":
        return Drawn(f"!({self.text})", ALL - self.holds)

    def and_also(self, other: "Drawn") -> "Drawn":
        return Drawn(f"({self.text}) & ({other.text})", self.holds & other.holds)

    def or_else(self, other: "Drawn") -> "Drawn":
        return Drawn(f"({self.text})|({other.text})", self.holds | other.holds)


ALL = frozenset({"eu", "us", "test"})
PROFILES = st.sampled_from(sorted(ALL))


def larger(smaller: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    return st.one_of(
        smaller.map(Drawn.inverted),
        st.builds(Drawn.and_also, smaller, smaller),
        st.builds(Drawn.or_else, smaller, smaller),
    )


EXPRESSIONS = st.recursive(PROFILES.map(lambda name: Drawn(name, frozenset({name}))), larger, max_leaves=8)


@given(EXPRESSIONS, PROFILES)
def test_an_expression_holds_as_its_parts_do(expression: Drawn, active: str) -> None:
    assert matches(expression.text, active) == (active in expression.holds)


@pytest.mark.parametrize("expression", ["", "eu &", "(eu", "eu)", "!", "& eu", "eu | | us", "()"])
def test_anything_else_is_no_expression(expression: str) -> None:
    with pytest.raises(MalformedError):
        matches(expression, "eu")


def test_a_malformed_expression_is_a_problem_and_no_document() -> None:
    remarks = Remarks()
    parts = in_yaml("spring.kafka.producer.acks: all\n---\nspring: {profiles: '(eu', kafka.producer.acks: 0}", remarks)

    assert values(parts[0]) == {"acks": "all"}
    assert [(each.key, each.line) for each in remarks.problems] == [("spring.profiles", 3)]


def test_an_expression_that_nests_deeply_is_a_problem() -> None:
    assert problems(f"spring.config.activate.on-profile={'(' * 5000}\nspring.kafka.producer.acks=0")


def test_a_file_of_a_profile_counts_before_the_other() -> None:
    remarks = Remarks()
    file = "application-eu.yml"
    eu = layers_of_documents(
        documents_in(b"spring.kafka.consumer.group-id: eu", file, remarks), file, profile_of(f"folder/{file}")
    )
    base = b"spring.kafka.consumer: {group-id: shop, enable-auto-commit: true}\n---\nspring: {profiles: us}"
    parts = from_documents(documents_in(base, "application.yml", remarks), "application.yml", remarks, eu)

    assert [each.name for each in parts] == [None, "eu"]
    assert values(parts[0]) == {"group.id": "shop", "enable.auto.commit": "true"}
    assert {each.key: (each.value, each.file) for each in parts[1].settings} == {
        "group.id": ("eu", "application-eu.yml"),
        "enable.auto.commit": ("true", "application.yml"),
    }
    assert (parts[1].slot("group.id"), parts[1].slot("max.poll.records")) == (None, None)


def test_a_properties_file_of_a_profile_counts_too() -> None:
    eu = layers_of_settings([Setting("spring.kafka.producer.acks", "1", "application-eu.properties", 1)], "f", (), "eu")
    parts = from_settings([Setting("spring.kafka.producer.acks", "all", "f", 1)], "f", Remarks(), (), eu)

    assert [(each.name, values(each), each.slot("acks")) for each in parts] == [
        (None, {"acks": "all"}, Slot(0, ("spring.kafka.producer.acks",))),
        ("eu", {"acks": "1"}, None),
    ]


def test_a_file_is_of_the_profile_in_its_name() -> None:
    assert profile_of("src/application-eu-west.yaml") == "eu-west"
    assert profile_of("application.yml") is None
    assert profile_of("application-/x.yml") is None
