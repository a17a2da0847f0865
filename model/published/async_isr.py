"""
The system of asynchronous ISR change (KIP-497): broker 1 leads for ever, the others follow, nothing is ever consumed.

By itself nothing bounds the log and the versions. Here a step that would lead beyond the bounds does not happen. So
what must hold is looked at within them only, not in the states one step beyond: a search with higher bounds does that.
"""

from collections.abc import Iterator

from ackproof.model.action import Action
from ackproof.model.published.alter_isr import (
    LEADER,
    VersionedIsr,
    accept,
    append,
    ask,
    fetch,
    learn,
    remove_replica,
)
from ackproof.model.published.leadership import Brokers
from ackproof.model.published.renaming import renamed_brokers, renamed_requests, renamed_versioned
from ackproof.model.system import Interchangeable, System


def async_isr(*, replicas: int, max_offset: int, max_version: int) -> System:
    """
    The leader, its followers and the controller.

    Args:
        max_offset: The most records that the leader appends.
        max_version: How often the controller changes the in-sync replicas.
    """
    followers, everybody = range(LEADER + 1, LEADER + replicas), frozenset(range(LEADER, LEADER + replicas))
    offsets = {f"offset_{one}": 0 for one in sorted(everybody)}
    versions = range(max_version + 1)
    return System(
        initial={
            "controller": VersionedIsr(everybody),
            "leader": VersionedIsr(everybody),
            "pending": frozenset[int](),
            **offsets,
            **{f"requests_{version}": frozenset[Brokers]() for version in versions},
            **{f"update_{version}": None for version in versions[1:]},
        },
        actions=tuple(actions(followers, tuple(offsets), versions)),
        rules={
            "max_offset": max_offset,
            **{f"broker_{one}": one for one in followers},
            **{f"version_{version}": version for version in versions},
        },
        interchangeable=(interchangeable(followers, versions),),
    )


def actions(followers: range, offsets: tuple[str, ...], versions: range) -> Iterator[Action]:
    """Every action: of the controller and the leader for each version, of each follower."""
    for version in versions:
        now = {"version": f"version_{version}"}
        yield ask.on(**now, requests=f"requests_{version}", offsets=offsets)
        if version < versions[-1]:
            yield remove_replica.on(**now, update=f"update_{version + 1}")
            yield accept.on(**now, requests=f"requests_{version}", update=f"update_{version + 1}")
            yield learn.on(version=f"version_{version + 1}", update=f"update_{version + 1}")
    yield append.on(leader_offset=f"offset_{LEADER}")
    for one in followers:
        yield fetch.on(leader_offset=f"offset_{LEADER}", offset=f"offset_{one}", follower=f"broker_{one}")


def interchangeable(followers: range, versions: range) -> Interchangeable:
    """The followers differ in nothing but the name."""
    states = dict.fromkeys(("controller", "leader"), renamed_versioned)
    members = dict.fromkeys(("pending", *(f"update_{version}" for version in versions[1:])), renamed_brokers)
    requests = {f"requests_{version}": renamed_requests for version in versions}
    family = tuple(f"offset_{one}" for one in followers)
    return Interchangeable(tuple(followers), (family,), {**states, **members, **requests})
