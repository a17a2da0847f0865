"""All that a transaction touches, and writers at rest: nothing refers to their epochs any more."""

import attrs

from ackproof.model.system import Next
from ackproof.model.transactions import coordinator as transactions
from ackproof.model.transactions import offsets as group_offsets
from ackproof.model.transactions import output as partition
from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Coordinator, Transaction
from ackproof.model.transactions.instance import Instances, numbered_anew, replaced
from ackproof.model.transactions.offsets import Offsets
from ackproof.model.transactions.output import Output, Writer
from ackproof.model.transactions.request import MARKING, Request
from ackproof.model.transactions.rules import TransactionRules

Delayed = tuple[Request, ...]
"""Requests that the network holds back, in any order."""


@attrs.frozen
class Scene:
    """The components that an action touches which ends a transaction."""

    instances: Instances
    coordinator: Coordinator
    output: Output
    offsets: Offsets
    delayed: Delayed

    def told(self, says: str) -> Next:
        """What has happened, and all of this."""
        return Next(
            says,
            instances=self.instances,
            coordinator=self.coordinator,
            output=self.output,
            offsets=self.offsets,
            delayed=self.delayed,
        )


def rested(client: Client, scene: Scene, index: int) -> Scene:
    """
    *scene* with the epochs, sequences and transactions of a writer counted from the start again, if it is at rest.

    It is between transactions, everything that it wrote is committed or aborted as it should be, and nothing that the
    network holds back can have an effect: so only the numbers differ.
    """
    if not client.detail.forgets or not is_at_rest(client.rules, scene, index):
        return scene
    fresh = attrs.evolve(numbered_anew(scene.instances[index]), serial=0, first=0, next=0, upto=0)
    entries = partition.without_traces(client.detail, scene.output.entries, index)
    commits = group_offsets.without_traces(scene.offsets.commits, index)
    return Scene(
        instances=replaced(scene.instances, index, fresh),
        coordinator=transactions.replaced(scene.coordinator, index, Transaction()),
        output=partition.with_writer(client.detail, entries, scene.output, index, Writer(0)),
        offsets=group_offsets.with_epoch(client.detail, commits, scene.offsets, index, 0),
        delayed=tuple(request for request in scene.delayed if request.writer != index),
    )


def is_at_rest(rules: TransactionRules, scene: Scene, index: int) -> bool:
    """Whether nothing refers to the epochs of the writer at *index* any more."""
    transaction = scene.coordinator[index]
    if transaction.is_open or transaction.is_stuck or not is_in_step(scene, index):
        return False
    entries = all(entry.writer != index or entry.is_as_it_should_be for entry in scene.output.entries)
    commits = all(
        commit.writer != index or (not commit.is_pending and commit.ended_by == commit.serial)
        for commit in scene.offsets.commits
    )
    return (
        entries and commits and not any(may_have_an_effect(rules, scene, request, index) for request in scene.delayed)
    )


def is_in_step(scene: Scene, index: int) -> bool:
    """Whether an instance is between transactions, in the present epoch, with the sequence that the output expects."""
    instance, known = scene.instances[index], scene.output.writers[index]
    if instance.epoch != scene.coordinator[index].epoch or known.asked_about_older:
        return False
    last = known.sequences[-1] if known.sequences and known.epoch == instance.epoch else -1
    return instance.phase in {"idle", "finished"} and instance.sequence == last + 1


def may_have_an_effect(rules: TransactionRules, scene: Scene, request: Request, index: int) -> bool:
    """Whether a request that is held back may still change something for the writer at *index*, which is at rest."""
    if request.writer != index:
        return False
    if request.kind in {"initialise", "bump"}:
        return True
    is_present = request.epoch >= scene.coordinator[index].epoch and request.kind not in MARKING
    return is_present or not is_known_to_be_old(rules, scene, request)


def is_known_to_be_old(rules: TransactionRules, scene: Scene, request: Request) -> bool:
    """Whether whoever decides on *request* knows a later epoch of its writer; or the same, where that is enough."""
    match request.kind:
        case "mark-output":
            return request.epoch < (scene.output.writers[request.writer].epoch or 0) + rules.fences_late_markers
        case "mark-offsets":
            return request.epoch < scene.offsets.epochs[request.writer] + rules.fences_late_markers
        case "produce":
            return request.epoch < (scene.output.writers[request.writer].epoch or 0)
        case "commit-offsets":
            return request.epoch < scene.offsets.epochs[request.writer]
        case _:
            return True
