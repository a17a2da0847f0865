"""
The formal model's coordinator and the executable one answer the same requests alike, and become the same.

The model tells its requests by name and leaves out what no modelled client asks, so that what is compared is what both
have: one transactional id, its epochs, its state, and the markers still missing.
"""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ackproof.model.transactions import coordinator as model
from ackproof.model.transactions.request import Answer, Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_1, TRANSACTION_VERSION_2, TransactionRules
from ackproof.reference.transactions.surroundings import TopicPartition
from tests.reference.transactions.desk import OUT, Desk

OFFSETS = TopicPartition("__consumer_offsets", 0)
PARTITIONS: dict[model.Partition, TopicPartition] = {"output": OUT, "offsets": OFFSETS}


@attrs.define
class Both:
    """The model's transaction, and a coordinator whose partition leaders write no marker until they are told to."""

    rules: TransactionRules
    desk: Desk = attrs.Factory(lambda self: Desk(self.rules), takes_self=True)
    modelled: model.Transaction = attrs.Factory(model.Transaction)
    version: int = attrs.Factory(lambda self: 5 if self.rules.bumps_epoch_at_every_end else 3, takes_self=True)

    def __attrs_post_init__(self) -> None:
        self.desk.init()
        self.desk.leaders.is_silent = True

    def add(self, epoch: int, partition: model.Partition) -> None:
        self.modelled, answer = model.add(self.modelled, epoch, partition)
        self.check(answer, self.desk.added(100, epoch, PARTITIONS[partition])[0].name)

    def verify(self, epoch: int, partition: model.Partition) -> None:
        answer = model.verify(self.modelled, epoch, partition)
        heard = self.desk.added(100, epoch, PARTITIONS[partition], version=4, verify_only=True)
        self.check(answer, heard[0].name)

    def end(self, epoch: int, is_commit: bool) -> None:
        request = Request("commit" if is_commit else "abort", 0, epoch)
        before = self.modelled
        self.modelled, answer = model.end(self.rules, self.modelled, request)
        self.remember(before)
        error, _, granted = self.desk.end(100, epoch, commit=is_commit, version=self.version)
        self.check(answer, error.name, granted)

    def initialise(self, expected_epoch: int | None) -> None:
        before = self.modelled
        self.modelled, answer = model.initialise(self.rules, self.modelled, expected_epoch)
        if before.state == "Ongoing":
            self.remember(before)
        said = () if expected_epoch is None else (100, expected_epoch)
        error, _, granted = self.desk.init("t", *said)
        self.check(answer, error.name, granted)

    def remember(self, before: model.Transaction) -> None:
        """
        The new protocol lets who has not heard of the end of its transaction ask for the epoch that came with it.

        The model's clients do not ask so, and it forgets the last epoch there.
        """
        if self.rules.bumps_epoch_at_every_end and self.modelled.epoch != before.epoch:
            self.modelled = attrs.evolve(self.modelled, last_epoch=before.epoch)

    def mark(self) -> None:
        if self.modelled.is_preparing:
            (self.modelled,) = model.marked(self.rules, self.modelled, "output", "offsets")
        self.desk.leaders.speak()
        self.desk.settle()
        self.desk.leaders.is_silent = True

    def load(self) -> None:
        self.modelled = model.loaded(self.modelled)
        self.desk.fail_over()

    def check(self, answer: Answer, error: str, epoch: int = -1) -> None:
        # While markers are written the coordinator lets everybody wait before it looks at their epoch; the model looks.
        waits = self.modelled.is_preparing and answer.error != "NONE" and error == "concurrent_transactions"
        assert waits or error.upper() == answer.error
        if answer.epoch is not None:
            assert epoch == answer.epoch

    def check_state(self) -> None:
        metadata = self.desk.coordinator.states.find("t")[1]
        assert metadata.state.name == STATES[self.modelled.state]
        assert metadata.current.producer_epoch == self.modelled.epoch
        if self.modelled.is_open:
            assert set(metadata.current.partitions) == {
                PARTITIONS[each] for each in PARTITIONS if each in self.modelled.partitions
            }


STATES = {
    "Empty": "EMPTY",
    "Ongoing": "ONGOING",
    "PrepareCommit": "PREPARE_COMMIT",
    "PrepareAbort": "PREPARE_ABORT",
    "CompleteCommit": "COMPLETE_COMMIT",
    "CompleteAbort": "COMPLETE_ABORT",
}

Step = Callable[[Both], None]


def adds(offset: int, partition: model.Partition) -> Step:
    return lambda both: both.add(both.modelled.epoch + offset, partition)


def verifies(offset: int, partition: model.Partition) -> Step:
    return lambda both: both.verify(both.modelled.epoch + offset, partition)


def ends(offset: int, is_commit: bool) -> Step:
    return lambda both: both.end(both.modelled.epoch + offset, is_commit)


def initialises(offset: int | None) -> Step:
    return lambda both: both.initialise(None if offset is None else max(0, both.modelled.epoch + offset))


WHERE = st.sampled_from(tuple(PARTITIONS))
NEAR = st.sampled_from([0, 0, 0, -1, 1])
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(adds, NEAR, WHERE),
    st.builds(verifies, NEAR, WHERE),
    st.builds(ends, NEAR, st.booleans()),
    st.builds(initialises, st.sampled_from([None, 0, -1, 1])),
    st.just(Both.mark),
    st.just(Both.load),
)


@pytest.mark.parametrize(
    "rules",
    [TRANSACTION_VERSION_1, attrs.evolve(TRANSACTION_VERSION_1, shares_epoch_of_fence=True), TRANSACTION_VERSION_2],
    ids=["version 1", "version 2, with an old client", "version 2"],
)
@settings(max_examples=1_000)
@given(run=st.lists(STEPS, max_size=20))
def test_the_model_and_the_reference_agree(rules: TransactionRules, run: list[Step]) -> None:
    both = Both(rules)
    for step in run:
        step(both)
        both.check_state()
