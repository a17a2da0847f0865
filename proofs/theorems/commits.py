"""Commits of a generation or a member epoch that is over."""

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Literal, cast

import attrs

from ackproof.model.consume.consumer import Consumer, Consumers, Status
from ackproof.model.consume.coordinator import CLASSIC, NOBODY, Coordinator, Protocol
from ackproof.model.consume.log import Group
from ackproof.model.consume.rebalancing import COOPERATIVE_LIBRDKAFKA, RECONCILING, RECONCILING_WITH_EXACT_EPOCHS
from ackproof.model.consume.reconciling import HEARTBEATS
from ackproof.model.consume.rejoining import begin_generation
from ackproof.model.consume.requests import answers
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next
from ackproof.model.transactions.offsets import Offsets, append, mark
from ackproof.model.transactions.output import Marker
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import Detail
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, number
from ackproof.proofs.paths import holds_on_every_path
from ackproof.proofs.theorem import Obligation, theorem


@attrs.frozen
class Rules:
    """
    Who judges a commit, and of what client.

    Attributes:
        protocol: Of a group whose members rejoin.
        consumer: Of a member of such a group.
        reconciling: Of a member whose coordinator assigns by itself.
    """

    protocol: Protocol
    consumer: ConsumerRules
    reconciling: ConsumerRules


EXACT = Rules(
    CLASSIC,
    ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA),
    ConsumerRules(rebalancing=RECONCILING_WITH_EXACT_EPOCHS),
)
SENDER, OTHER = 0, 1
SENT, GENERATION = number("generation of the commit"), number("generation of the group")
STATES: tuple[Literal["empty", "preparing", "completing", "stable"], ...] = (
    "empty",
    "preparing",
    "completing",
    "stable",
)
STATUSES: tuple[Status, ...] = ("joining", "member", "owner", "out")


@theorem(
    source="ClassicGroup.validateOffsetCommit, ConsumerGroup.validateOffsetCommit; KIP-447, KIP-848",
    sound=(EXACT,),
    broken={
        "a coordinator asks only who is a member": attrs.evolve(
            EXACT, protocol=attrs.evolve(CLASSIC, answer=HEARTBEATS.answer)
        ),
        "a client that knows that it is out commits as nobody, to an empty group": attrs.evolve(
            EXACT, consumer=ConsumerRules(commits_as_nobody=True)
        ),
        "older member epochs are accepted (KIP-1251, from 4.3)": attrs.evolve(
            EXACT, reconciling=ConsumerRules(rebalancing=RECONCILING)
        ),
    },
)
def a_group_takes_no_commit_of_a_generation_that_is_over(rules: Rules) -> Iterator[Obligation]:
    """
    A commit with an older generation, member epoch or producer epoch than that of its group is never accepted.

    For any number of rebalances, members and transactions. A new generation is a higher one, which only those learn
    that have joined it; so who has not is behind, and what it commits is refused, whatever else it is to the group.
    With the consumer protocol a member that has not heard of its epoch is told to commit again. What a transaction
    commits is judged by the epoch of its producer, which never falls.
    """
    for who, ask in of_members(rules.protocol, rules.consumer):
        refused = holds_on_every_path(ask, SENT < GENERATION, lambda accepted: NEVER if accepted else ALWAYS)
        yield Obligation(f"safety: an older generation is refused of {who}", refused)
    yield Obligation("step: a generation begins", beginning(rules.consumer))
    for who, ask in of_epochs(rules.reconciling):
        refused = holds_on_every_path(ask, ALWAYS, lambda accepted: NEVER if accepted else ALWAYS)
        yield Obligation(f"safety: an older member epoch is refused of {who}", refused)
    yield from of_transactions()


def of_members(protocol: Protocol, rules: ConsumerRules) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Every commit of one member of a group whose members rejoin, or of one that was."""
    for state, status, is_member, is_rejoining in product(STATES, STATUSES, (True, False), (False, True)):
        members = frozenset({SENDER, OTHER}) if is_member else NOBODY if state == "empty" else frozenset({OTHER})
        coordinator = Coordinator(state, members)
        sender = Consumer(status, generation=cast("int", SENT), is_rejoining=is_rejoining)
        is_in = "in" if is_member else "not in"
        name = f"one that is {status}{' and rejoins' if is_rejoining else ''}, {is_in} a group that is {state}"
        yield name, asking(protocol, rules, sender, coordinator)


def of_epochs(rules: ConsumerRules) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Every commit of one that has not heard of its epoch, or is no member any more."""
    for is_member, is_released, status in product((True, False), (True, False), STATUSES):
        members = frozenset({SENDER, OTHER}) if is_member else frozenset({OTHER})
        released = frozenset({SENDER}) if is_released else NOBODY
        coordinator = Coordinator("stable", members, ahead=frozenset({SENDER}) & members, released=released)
        name = f"one that is {status}, {'' if is_member else 'no '}member{', and has left for a while' * is_released}"
        yield name, asking(HEARTBEATS, rules, Consumer(status), coordinator)


def asking(protocol: Protocol, rules: ConsumerRules, sender: Consumer, coordinator: Coordinator) -> Callable[[], bool]:
    """Whether the commit of *sender* is accepted, by the model's own decision."""
    group = Group(generation=cast("int", GENERATION))

    def is_accepted() -> bool:
        return "accepted" in list(answers(rules, protocol, (sender, Consumer("member")), group, coordinator, SENDER))

    return is_accepted


def beginning(rules: ConsumerRules) -> Truth:
    """A generation that begins is higher, and nobody but who has joined it is told."""
    others = cast("int", number("generation of one that has not joined"))
    consumers = (Consumer("joining", generation=cast("int", SENT)), Consumer("out", generation=others))
    coordinator = Coordinator("preparing", frozenset({SENDER}), frozenset({SENDER}))
    group = Group(generation=cast("int", GENERATION))

    def begun() -> Next:
        outcomes = cast("Iterable[Next]", begin_generation.function(rules, consumers, group, coordinator))
        return next(iter(outcomes))

    def is_higher(outcome: Next) -> Truth:
        after, (joined, left) = cast("Group", outcome.changes["group"]), cast("Consumers", outcome.changes["consumers"])
        now, told, kept = (cast("Number", cast("object", one.generation)) for one in (after, joined, left))
        return all_of((now > GENERATION, told <= now, kept <= GENERATION))

    given = (SENT <= GENERATION) & (cast("Number", cast("object", others)) <= GENERATION)
    return holds_on_every_path(begun, given, is_higher)


def of_transactions() -> Iterator[Obligation]:
    """The offsets of a transaction, and the markers that end one."""
    seen, epoch = number("epoch that was seen"), number("epoch of the producer")
    offsets, detail = Offsets(epochs=(cast("int", seen),)), Detail(forgets=False)
    request = Request("commit", 0, cast("int", epoch))
    marker = Marker(0, cast("int", epoch), is_commit=True, ended_by=0)

    def epoch_of(after: Offsets) -> Number:
        return cast("Number", cast("object", after.epochs[0]))

    refused = holds_on_every_path(
        lambda: append(detail, offsets, request)[1], epoch < seen, lambda error: NEVER if error == "NONE" else ALWAYS
    )
    yield Obligation("safety: an older producer epoch is refused", refused)
    never_lower = holds_on_every_path(
        lambda: append(detail, offsets, request)[0], ALWAYS, lambda after: epoch_of(after) >= seen
    )
    yield Obligation("step: offsets of a transaction: the epoch is never lower", never_lower)
    marked = holds_on_every_path(
        lambda: mark(detail, offsets, marker), epoch >= seen, lambda after: epoch_of(after) >= seen
    )
    yield Obligation("step: a marker of no older epoch: the epoch is never lower", marked)
