"""Messages in every version of every API, and back."""

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.static.constants import EntityType
from kio.static.protocol import Entity

from ackproof.reference.protocol.adapting import SHAPES
from ackproof.reference.protocol.apis import API_OF
from ackproof.reference.protocol.converting import request_class, response_class, to_canonical, to_version
from ackproof.reference.protocol.errors import KafkaError
from ackproof.reference.protocol.fields import fields_of
from ackproof.reference.protocol.obsolete import LATER_CODES, LATER_FIELDS
from ackproof.reference.protocol.reading import read
from tests.reference.protocol.versions import VERSIONS, classes, each_api, written
from tests.reference.strategies import messages

few = settings(max_examples=3)
FINE = (ErrorCode.none,)
"""For answers without an error: with one, some old versions say less."""
FIND_COORDINATOR = 10


@each_api
@few
@given(data=st.data())
def test_what_any_version_says_is_still_said_after_a_detour(api_key: int, data: st.DataObject) -> None:
    for entity in classes(api_key):
        version = int(entity.__version__)
        if api_key == FIND_COORDINATOR and entity.__type__ is EntityType.response and version < 4:
            continue  # null becomes a text
        sent = to_canonical(data.draw(messages(entity, FINE)))

        back = to_version(sent, version)

        assert type(back) is entity
        assert to_canonical(back) == sent
        assert read(entity, written(back))[0] == back


@each_api
@few
@given(data=st.data())
def test_an_answer_says_what_its_version_can_and_nothing_else(api_key: int, data: st.DataObject) -> None:
    answer = data.draw(messages(response_class(api_key, API_OF[api_key].version)))
    shape = SHAPES.get((api_key, False))
    for version in VERSIONS[api_key]:
        if shape is None or version > shape.old.__version__:
            old = to_version(answer, version)

            assert type(old) is response_class(api_key, version)
            assert read(type(old), written(old))[0] == old
            check_fields(answer, old)


def check_fields(new: Entity, old: Entity) -> None:
    """What both have is the same; what only the old one has is its default."""
    for field in fields_of(type(old)):
        value: object = getattr(old, field.name)
        given: object = getattr(new, field.name, field.default)
        if field.entity is None or given is None:
            assert value == given or (given is None and value in {"", 0, ()}), field.name
        elif field.is_array:
            parts = zip(cast("tuple[Entity, ...]", given), cast("tuple[Entity, ...]", value), strict=True)
            for part, old_part in parts:
                check_fields(part, old_part)
        else:
            check_fields(cast("Entity", given), cast("Entity", value))


@each_api
@few
@given(data=st.data())
def test_a_message_of_the_version_that_is_held_is_itself(api_key: int, data: st.DataObject) -> None:
    version = API_OF[api_key].version
    for entity in (request_class(api_key, version), response_class(api_key, version)):
        message = data.draw(messages(entity))

        assert to_canonical(message) is message


@pytest.mark.parametrize(("api_key", "name", "since"), [(*field, since) for field, since in LATER_FIELDS.items()])
@few
@given(data=st.data())
def test_a_request_is_not_sent_without_what_it_asks_for(
    api_key: int, name: str, since: int, data: st.DataObject
) -> None:
    oldest = to_canonical(data.draw(messages(request_class(api_key, since - 1))))
    other = data.draw(messages(request_class(api_key, API_OF[api_key].version)))
    request = replace(oldest, **{name: getattr(other, name)})
    assume(getattr(request, name) != getattr(oldest, name))

    assert getattr(to_canonical(to_version(request, since)), name) == getattr(request, name)
    with pytest.raises(KafkaError, match=f"has no {name}") as raised:
        to_version(request, since - 1)
    assert raised.value.code is ErrorCode.unsupported_version


@pytest.mark.parametrize("api_key", LATER_CODES)
@few
@given(data=st.data())
def test_codes_that_an_old_caller_does_not_know_become_others(api_key: int, data: st.DataObject) -> None:
    since, codes = LATER_CODES[api_key]
    answer = data.draw(messages(response_class(api_key, API_OF[api_key].version), tuple(codes)))
    new, old = repr(to_version(answer, since)), repr(to_version(answer, since - 1))

    for code, other in codes.items():
        assert old.count(repr(other)) == new.count(repr(code))
        assert repr(code) not in old
