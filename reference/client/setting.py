"""Settings that only clients have."""

from typing import cast

from ackproof.reference.kernel.setting import ConfigError, setting
from ackproof.reference.protocol.request import Address


def addresses() -> tuple[Address, ...]:
    """A field for a list of ``host:port``."""

    def parse(key: str, value: object) -> tuple[Address, ...]:
        if isinstance(value, tuple):
            return cast("tuple[Address, ...]", value)
        return tuple(_address(key, word.strip()) for word in str(value).split(",") if word.strip())

    return cast("tuple[Address, ...]", setting("LIST", (), parse))


def _address(key: str, word: str) -> Address:
    host, _, port = word.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"Invalid url in {key}: {word}")
    return Address(host, int(port))
