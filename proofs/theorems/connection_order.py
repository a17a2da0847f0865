"""The order in which the batches of an idempotent producer reach a partition."""

from collections.abc import Iterator

import attrs

from ackproof.model.produce.batch import Attempt
from ackproof.model.produce.network import Request, as_broken, has_room
from ackproof.model.produce.producer import Producer
from ackproof.model.produce.refusals import refused
from ackproof.model.produce.rules import ProducerRules, each_to_the_front, in_send_order
from ackproof.model.produce.sending import answered, drained, given_back, put
from ackproof.proofs.in_flight import MOST_IN_FLIGHT, SPREADS, InFlight, State, follows
from ackproof.proofs.logic import ALWAYS, NEVER, Number, Truth, all_of, any_of, number, same
from ackproof.proofs.paths import taken
from ackproof.proofs.states import becomes, unknown
from ackproof.proofs.theorem import Obligation, Step, kept, theorem

MANY = 99
"""Records of the application; there are always more."""


@attrs.frozen
class Rules:
    """
    How the producer sends, and what its leader may do.

    Attributes:
        refuses: A leader refuses a request as a whole while the in-sync replicas are too few.
        outlives_leaders: What a stuck connection holds may arrive once its leader leads again, after another one.
    """

    client: ProducerRules = attrs.field(factory=ProducerRules)
    refuses: bool = False
    outlives_leaders: bool = False


def invariant(at: State) -> Truth:
    """What every step keeps."""
    numbers = (at.acked >= 0) & (at.acked <= at.stored) & (at.stored <= at.sent)
    in_flight = at.sent - at.acked
    parts = (at.on_wire >= 0) & (at.lost >= 0) & (at.on_wire + at.lost <= in_flight) & (in_flight <= MOST_IN_FLIGHT)
    is_stored = at.is_served.implies((at.on_wire >= 1) & (at.acked < at.stored))
    may_come = (at.held < at.held_end).implies((at.held >= 0) & (at.held <= at.stored) & (at.held_end <= at.sent))
    return at.is_in_order & numbers & parts & is_stored & may_come


FIVE = ProducerRules(max_in_flight=MOST_IN_FLIGHT)


@theorem(
    source="KIP-98, KAFKA-5494; RecordAccumulator.insertInSequenceOrder, "
    "RecordAccumulator.shouldStopDrainBatchesForPartition",
    sound=(Rules(FIVE),),
    broken={
        "batches that fail together are reversed (RecordAccumulator.reenqueue without idempotence)": Rules(
            attrs.evolve(FIVE, requeue=each_to_the_front)
        ),
        "new batches pass those that are to be sent again": Rules(attrs.evolve(FIVE, lets_retries_be_overtaken=True)),
        "a producer sends on before it notices that its connection is broken": Rules(
            attrs.evolve(FIVE, mutes_partition=False)
        ),
        "requests are refused for want of in-sync replicas": Rules(FIVE, refuses=True),
        "what is held back arrives once its leader leads again (Produce requests name no leader epoch)": Rules(
            FIVE, outlives_leaders=True
        ),
    },
)
def a_batch_arrives_when_all_before_it_are_stored(rules: Rules) -> Iterator[Obligation]:
    """
    Where no request is refused, a batch of an idempotent producer is stored, or is the next one, when it arrives.

    For any number of records, retries, broken and stuck connections and elections, and at most five batches in flight.
    In flight are the batches after those that have succeeded: first what is on the connection, then what failed with
    it, each in order; that is sent again one by one, and nothing new before it. A stuck connection holds what followed
    on what had succeeded, and the leader takes it in order; its broker leads no more once another one has led, until
    nothing of it is left. A request fails for no other reason than that its connection does, and what fails together is
    noticed together. That the next batch is appended, and a stored one is not, says the theorem of the idempotent
    partition, up to each batch by this one.
    """
    before, after = unknown(State), unknown(State, when="after")
    yield Obligation("base", first(before).implies(invariant(before)))
    yield from kept(invariant(before), steps(rules, before, after), invariant(after))
    arrives = (before.on_wire >= 1) & ~before.is_served
    has_those = arrives.implies(before.acked <= before.stored)
    yield Obligation(
        "safety: the first on the connection is stored or the next one", invariant(before).implies(has_those)
    )


def first(at: State) -> Truth:
    """Nothing has been sent."""
    numbers = (at.acked, at.stored, at.sent, at.on_wire, at.lost)
    return all_of(same(one, 0) for one in numbers) & ~at.is_served & same(at.held, at.held_end) & at.is_in_order


def steps(rules: Rules, before: State, after: State) -> Iterator[Step]:
    """Everything that may happen."""
    for name, step in OF_PRODUCER.items():
        ways = (one.of(before) & step(rules, one, before, after) for one in SPREADS)
        yield Step(name, any_of(ways))
    yield Step("the leader takes the first", arrived(before, after))
    yield Step("what a stuck connection holds arrives", came(before, after))
    yield Step("what another stuck connection holds arrives", came_elsewhere(before, after))
    leads = (after.stored >= before.acked) & (after.stored <= before.sent)
    is_new = same(before.stored, before.acked) & becomes(before, after, stored=after.stored)
    yield Step("another replica leads, after nobody did", leads & is_new)


def sent(rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The producer sends what it may send next."""
    producer, connection = one.parts(before)
    if not has_room(connection, rules.client):
        return NEVER

    def is_sent(outcomes: tuple[tuple[Producer, Attempt], ...]) -> Truth:
        ways = ((left, put(connection, Request(attempt.batch, attempt))) for left, attempt in outcomes)
        return any_of(follows(before, after, before.acked, way) for way in ways)

    return taken(lambda: tuple(drained(rules.client, MANY, producer, connection)), is_sent)


def succeeded(rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The producer hears that the first on its connection has succeeded."""
    producer, connection = one.parts(before)
    if not one.is_served:
        return NEVER
    return taken(
        lambda: answered(rules.client, producer, connection)[:2],
        lambda parts: follows(before, after, before.acked + 1, parts),
    )


def noticed(rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The producer notices which requests failed with their connection."""
    producer, connection = one.parts(before)
    if not one.lost:
        return NEVER
    return taken(
        lambda: given_back(rules.client, MANY, producer, connection),
        lambda parts: follows(before, after, before.acked, parts),
    )


def broken(_rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The connection is lost with all that it holds; a leader may still get what it had not served."""
    producer, connection = one.parts(before)
    if not one.wire or one.lost:
        return NEVER
    parts = (producer, as_broken(connection))
    lost = follows(before, after, before.acked, parts)
    held = {"held": before.acked + connection.unserved, "held_end": before.acked + one.wire}
    stuck = follows(before, after, before.acked, parts, **held)
    end = after.stored
    more = any_of(same(end, before.acked + count) for count in range(2, one.wire + 1)) if one.is_served else NEVER
    got = more & (end > before.stored) & follows(before, after, before.acked, parts, stored=end)
    return lost | stuck | got


def left_alone(rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The leader is gone, and with it every connection to it; another one may lead."""
    producer, connection = one.parts(before)
    if one.wire and one.lost:
        return NEVER
    is_left = same(after.held, before.held) & same(after.held_end, before.held_end)
    held = is_left if rules.outlives_leaders else same(after.held, after.held_end)
    leads = (after.stored >= before.acked) & (after.stored <= before.sent) & held
    new = {"stored": after.stored, "held": after.held, "held_end": after.held_end}
    return leads & follows(before, after, before.acked, (producer, as_broken(connection)), **new)


def turned_away(rules: Rules, one: InFlight, before: State, after: State) -> Truth:
    """The leader refuses the first request alone, if it may, and the producer hears of it."""
    producer, connection = one.parts(before)
    if not rules.refuses or not one.wire or one.is_served:
        return NEVER
    head = attrs.evolve(connection.requests[0], error="NOT_ENOUGH_REPLICAS")
    with_error = attrs.evolve(connection, requests=(head, *connection.requests[1:]))
    return taken(
        lambda: refused(rules.client, MANY, producer, with_error),
        lambda parts: follows(before, after, before.acked, parts),
    )


OF_PRODUCER = {
    "the producer sends": sent,
    "the oldest succeeds": succeeded,
    "the producer notices that requests are lost": noticed,
    "the connection breaks": broken,
    "the leader is gone": left_alone,
    "a request is refused": turned_away,
}


def arrived(before: State, after: State) -> Truth:
    """The leader serves the first request on the connection."""
    return (before.on_wire >= 1) & ~before.is_served & meets(before, after, before.acked, is_served=ALWAYS)


def came(before: State, after: State) -> Truth:
    """The next batch that the stuck connection holds arrives."""
    there_is = before.held < before.held_end
    goes_on = same(after.held, before.held + 1) & same(after.held_end, before.held_end)
    is_left = (before.held + 1 < before.held_end) & goes_on
    is_empty = same(before.held + 1, before.held_end) & same(after.held, after.held_end)
    meeting = meets(before, after, before.held, held=after.held, held_end=after.held_end)
    return there_is & (is_left | is_empty) & meeting


def came_elsewhere(before: State, after: State) -> Truth:
    """A batch arrives of another one, of which the same is true."""
    arriving = number("arriving")
    return (arriving >= 0) & (arriving <= before.stored) & (arriving < before.sent) & meets(before, after, arriving)


def meets(before: State, after: State, arriving: Number, **changes: Number | Truth) -> Truth:
    """A batch arrives: it is appended if it is the next one, and not if it is stored; else the order is lost."""
    is_next = same(arriving, before.stored)
    stored = (is_next & same(after.stored, before.stored + 1)) | (~is_next & same(after.stored, before.stored))
    order = before.is_in_order & (arriving <= before.stored)
    return stored & becomes(before, after, stored=after.stored, is_in_order=order, **changes)


def keeps_order(client: ProducerRules) -> bool:
    """Whether a *client* is such a one."""
    rules = client.idempotence
    is_one = rules is not None and rules.retries_one_by_one and not rules.acknowledges_before
    few = client.max_in_flight <= MOST_IN_FLIGHT and client.requeue is in_send_order
    return is_one and few and client.mutes_partition and not client.lets_retries_be_overtaken
