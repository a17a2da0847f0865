"""Placing: a reading is put on the components of brokers and on an epoch."""

from typing import TypeVar

from ackproof.model.reading import Name, Reading

PARTS = ("log", "high_watermark", "leadership", "in_sync_replicas")
"""The components of a replica."""

Placed = TypeVar("Placed", bound=Reading)


def on_brokers(reading: Placed, **roles: int | tuple[int, ...]) -> Placed:
    """*reading* with brokers in its roles: with ``leader=1``, ``leader`` is broker 1 and ``leader_log`` is its log."""
    names = {name: component for role, who in roles.items() for name, component in names_in(role, who).items()}
    return reading.on(**{name: component for name, component in names.items() if name in reading.parameters})


def names_in(role: str, who: int | tuple[int, ...]) -> dict[str, Name]:
    """What each parameter of a role can stand for."""
    if isinstance(who, int):
        return {role: rule_of(who), **{f"{role}_{part}": f"{part}_{who}" for part in PARTS}}
    return {role: rule_of(who), **{f"{role}_{part}": tuple(f"{part}_{one}" for one in who) for part in PARTS}}


def rule_of(who: int | tuple[int, ...]) -> str:
    """The name of the rule that says who a broker is, or some brokers are."""
    return f"broker_{who}" if isinstance(who, int) else f"brokers_{'_'.join(map(str, who))}"


def in_epoch(reading: Placed, leader_epoch: int) -> Placed:
    """*reading* of the request of *leader_epoch*."""
    return reading.on(request=f"request_{leader_epoch}", leader_epoch=f"epoch_{leader_epoch}")
