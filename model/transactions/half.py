"""
Transactions as a system: consume-process-produce, or a transactional producer by itself.

What the system leaves out that ``is_fine`` has, and why no verdict depends on it:

- A request, the decision on it and the answer are one step: the client waits for each answer, and what may come between
  is a fault with an outcome of its own. A lost request is sent again, so it changes nothing.
- Both markers of a transaction are written at once: who reads one partition does not see the other. Until then no
  request of the next transaction is taken, so that one may as well begin afterwards.
- Offsets are sent after the last batch, unless a request of an earlier transaction can end this one between the two.
- An instance that was put out of its group aborts at once what would be refused: nobody reads it.
- Aborted records are gone, if nobody can have read them. Where no claim asks, the order of the output is, too.
- Once nothing refers to the epochs of a producer any more they count from 0 again: states differ in numbers alone.
- With ``auto.offset.reset=earliest`` the log is full from the start: a transaction takes any number of records anyway.
- Whoever leads has asked about the batches that the one before it had: one that has not takes what both would take if
  no such batch had come, and one that comes back to what it has asked might as well have led on: nothing was appended.
- Instances start alike, so the first one may have the partition. A crash of one without it does not move anything.
"""

from collections.abc import Iterator

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import REDUCTIONS, Action, System
from ackproof.model.transactions import ending, failing, in_steps, membership, network, processing
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.log import Log
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output, Writer
from ackproof.model.transactions.rules import ApplicationRules, Detail, TransactionRules

MEMBERSHIP = (membership.join, membership.enter, membership.rebalance)
OF_GROUP = (processing.append, processing.locate, membership.notice, *MEMBERSHIP)
ALWAYS = (processing.begin, ending.time_out, network.late, *OF_GROUP)
IN_ONE_STEP = (
    processing.add_partition,
    processing.produce,
    processing.commit_offsets,
    processing.end_or_start,
    ending.mark,
)
IN_SEVERAL_STEPS = (*in_steps.STEPS, ending.mark_output, ending.mark_offsets)
ALWAYS_IN_ONE_STEP = (
    ending.marker_delayed,
    ending.producer_pause,
    failing.consumer_pause,
    failing.member_joins,
    failing.member_leaves,
    failing.coordinator_failover,
    failing.retention,
    failing.offsets_expired,
)
FAULT_ACTIONS: tuple[Action, ...] = (
    *network.UNANSWERED,
    network.request_delayed,
    network.send_timeout,
    failing.consumer_crash,
    failing.producer_crash,
    *ALWAYS_IN_ONE_STEP,
)
FAULTS_IN_SEVERAL_STEPS: tuple[Action, ...] = (*in_steps.FAULT_ACTIONS, *ALWAYS_IN_ONE_STEP)

KINDS = frozenset(act.fault for act in FAULT_ACTIONS if act.fault)
"""
The kinds of fault that this system knows.

A lost request is sent again and changes nothing; the replicas of the output are judged by the produce half.
"""

OF_LOG = frozenset(
    {"consumer-crash", "consumer-pause", "member-joins", "member-leaves", "retention", "offsets-expired"}
)
"""Kinds that a transactional producer by itself can not suffer."""


def transactional(
    application: ApplicationRules,
    rules: TransactionRules,
    *,
    records: int,
    faults: Faults,
    kinds: frozenset[str],
    tells_transactions_apart: bool = True,
    keeps_order: bool = True,
    is_fine: bool = False,
) -> System:
    """
    Records that go to an output partition in transactions, with the offsets of the log that they are made from, if any.

    Args:
        records: Of the log, or of the application.
        kinds: Which kinds of fault happen.
        tells_transactions_apart: Only claims about whole transactions ask for it: ``atomic``, ``no-aborted-reads``.
        keeps_order: Only a claim about order asks for it.
        is_fine: Without any reduction: requests and answers are steps of their own, no transaction is forgotten.
    """
    detail = Detail(
        tells_transactions_apart=tells_transactions_apart or is_fine,
        keeps_order=keeps_order,
        keeps_aborted=reads_aborted(application, rules) or is_fine,
        keeps_markers=keeps_markers(application, rules),
        remembers_acknowledged=application.source == "application",
        forgets=not (is_fine or keeps_markers(application, rules)),
        sends_beside=is_fine or ("request-delayed" in kinds and not rules.fences_late_markers),
        rebalances_apart=is_fine and application.instances > 1,
        is_fine=is_fine,
    )
    client = Client(application, rules, detail)
    instances = first_instances(application, kinds)
    starts_empty = client.has_offsets and (application.reset != "earliest" or is_fine)
    return System(
        initial={
            "instances": instances,
            "coordinator": (Transaction(),) * len(instances),
            "output": Output(writers=(Writer(),) * len(instances)),
            "offsets": Offsets(epochs=(0,) * len(instances)),
            "log": Log(0, 0 if starts_empty else records),
            "delayed": (),
            FAULTS: faults,
            **({"wire": ()} if is_fine else {}),
        },
        actions=tuple(
            act for act in actions_of(kinds, is_fine=is_fine) if is_possible(act, client, kinds, starts_empty)
        ),
        rules={"client": client, "records": records, "deletes": "retention" in kinds},
        reductions=frozenset() if is_fine else REDUCTIONS,
    )


def keeps_markers(application: ApplicationRules, rules: TransactionRules) -> bool:
    """Whether the reader goes by markers in a way of its own."""
    return rules.reader_pops_any_abort and application.isolation == "read_committed"


def reads_aborted(application: ApplicationRules, rules: TransactionRules) -> bool:
    """Whether somebody may have read a record before it was aborted, or reads it after that."""
    reads_open = application.isolation == "read_uncommitted" or not rules.reads_stop_at_last_stable_offset
    return reads_open or keeps_markers(application, rules)


def first_instances(application: ApplicationRules, kinds: frozenset[str]) -> tuple[Instance, ...]:
    """
    All instances when everything has started: the producers are initialised, the first has the partition.

    They differ in nothing but their place, so it does not matter which.
    """
    if application.source == "application":
        return (Instance(position=0),)
    others = (Instance("member"),) * (application.instances - 1)
    absent = (Instance("absent"),) if "member-joins" in kinds else ()
    return (Instance(generation=1), *others, *absent)


def actions_of(kinds: frozenset[str], *, is_fine: bool) -> Iterator[Action]:
    """What can happen where these *kinds* of fault do."""
    yield from ALWAYS
    yield from IN_SEVERAL_STEPS if is_fine else IN_ONE_STEP
    faults = FAULTS_IN_SEVERAL_STEPS if is_fine else FAULT_ACTIONS
    yield from (act for act in faults if act.fault in kinds)


def is_possible(act: Action, client: Client, kinds: frozenset[str], starts_empty: bool) -> bool:
    """Whether *act* can ever happen under these rules."""
    if not client.has_offsets and is_of_group(act):
        return False
    if act is membership.notice:
        return "consumer-pause" in kinds and (client.detail.sends_beside or not client.rules.sends_group_metadata)
    possible = {
        membership.join: not client.detail.rebalances_apart,
        membership.enter: client.detail.rebalances_apart,
        membership.rebalance: client.detail.rebalances_apart,
        processing.append: starts_empty,
        processing.add_partition: not client.rules.adds_partitions_implicitly,
        ending.time_out: not client.rules.bumps_epoch_at_every_end,
        network.late: "request-delayed" in kinds,
        in_steps.drop: client.rules.reuses_sequences_after_abort,
    }
    return possible.get(act, True)


def is_of_group(act: Action) -> bool:
    """Whether only an instance that reads a log does or suffers it."""
    return (
        act in OF_GROUP
        or act.fault in OF_LOG
        or act.when.get("instances") is processing.sends_offsets
        or act in {in_steps.serve_offsets, ending.mark_offsets}
    )
