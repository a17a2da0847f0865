from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ackproof.reference.client.backoff import ExponentialBackoff
from ackproof.reference.client.settings import ClientSettings
from ackproof.reference.kernel.setting import ConfigError, key_of, settings_of
from ackproof.reference.protocol.request import Address


def test_settings_are_known_by_kafka_s_keys_and_read_from_text() -> None:
    given = settings_of(ClientSettings, {"bootstrap.servers": "a:1, b:2", "request.timeout.ms": "5", "client.id": "c"})

    assert given == ClientSettings(
        bootstrap_servers=(Address("a", 1), Address("b", 2)), request_timeout_ms=5, client_id="c"
    )
    assert key_of("request_timeout_ms") == "request.timeout.ms"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("request.timeout.ms", "soon"),
        ("request.timeout.ms", -1),
        ("request.timeout.ms", 2**31),
        ("metadata.recovery.strategy", "hope"),
        ("bootstrap.servers", "nowhere"),
        ("bootstrap.servers", "a:port"),
    ],
)
def test_a_refusal_names_its_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key):
        settings_of(ClientSettings, {key: value})


@given(st.integers(0, 1_000), st.integers(0, 5_000), st.integers(0, 100))
def test_a_back_off_is_never_longer_than_it_may_be(initial_ms: int, max_ms: int, attempts: int) -> None:
    backoff = ExponentialBackoff(initial_ms, max_ms, Random(1))

    assert 0 <= backoff.backoff_ms(attempts) <= max_ms


@given(st.integers(1, 1_000), st.integers(0, 8))
def test_a_back_off_doubles_with_a_fifth_more_or_less(initial_ms: int, attempts: int) -> None:
    wait_ms = ExponentialBackoff(initial_ms, 10**9, Random(1)).backoff_ms(attempts)

    assert 0.8 * initial_ms * 2**attempts - 1 <= wait_ms <= 1.2 * initial_ms * 2**attempts


def test_a_longest_back_off_that_is_the_first_is_always_the_same() -> None:
    assert {ExponentialBackoff(50, 50, Random(1)).backoff_ms(attempts) for attempts in range(9)} == {50}
