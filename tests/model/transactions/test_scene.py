"""Writers at rest: only numbers differ."""

import attrs
import pytest

from ackproof.model.transactions.client import Client
from ackproof.model.transactions.coordinator import Transaction
from ackproof.model.transactions.instance import Instance
from ackproof.model.transactions.offsets import Commit, Offsets
from ackproof.model.transactions.output import Entry, Output, Writer
from ackproof.model.transactions.request import Request
from ackproof.model.transactions.rules import TRANSACTION_VERSION_2, ApplicationRules, Detail
from ackproof.model.transactions.scene import Scene, rested

CLIENT = Client(ApplicationRules(), TRANSACTION_VERSION_2, Detail())
RESTING = Scene(
    instances=(Instance(epoch=2, serial=1, position=1, upto=1),),
    coordinator=(Transaction("CompleteCommit", epoch=2, ended_by=1),),
    output=Output((Entry(0, 0, 1, "committed", 1),), (Writer(2),)),
    offsets=Offsets((Commit(1, 0, 0, 1, ended_by=1),), (2,)),
    delayed=(Request("commit", 0, epoch=1),),
)


def test_a_writer_at_rest_counts_from_the_start_again() -> None:
    assert rested(CLIENT, RESTING, 0) == Scene(
        instances=(Instance(position=1),),
        coordinator=(Transaction(),),
        output=Output((Entry(0),), (Writer(0),)),
        offsets=Offsets((Commit(1),), (0,)),
        delayed=(),
    )


@pytest.mark.parametrize(
    "scene",
    [
        attrs.evolve(RESTING, instances=(attrs.evolve(RESTING.instances[0], phase="in-transaction"),)),
        attrs.evolve(RESTING, instances=(attrs.evolve(RESTING.instances[0], sequence=1),)),
        attrs.evolve(RESTING, instances=(attrs.evolve(RESTING.instances[0], epoch=1),)),
        attrs.evolve(RESTING, coordinator=(Transaction("Ongoing", epoch=2),)),
        attrs.evolve(RESTING, coordinator=(Transaction("CompleteCommit", epoch=2, is_stuck=True),)),
        attrs.evolve(RESTING, output=Output((Entry(0, 0, 1, "open"),), (Writer(2),))),
        attrs.evolve(RESTING, output=Output((Entry(0, 0, 1, "committed", 2),), (Writer(2),))),
        attrs.evolve(RESTING, output=Output((Entry(0),), (Writer(2, asked_about_older=True),))),
        attrs.evolve(RESTING, offsets=Offsets((Commit(1, 0, 0, 1, is_pending=True),), (2,))),
        attrs.evolve(RESTING, delayed=(Request("commit", 0, epoch=2),)),
        attrs.evolve(RESTING, delayed=(Request("initialise", 0, epoch=0),)),
        attrs.evolve(RESTING, delayed=(Request("bump", 0, epoch=0),)),
    ],
)
def test_a_writer_is_not_at_rest_while_its_numbers_matter(scene: Scene) -> None:
    assert rested(CLIENT, scene, 0) == scene


def test_a_late_batch_matters_where_the_partition_has_seen_no_later_epoch() -> None:
    scene = attrs.evolve(
        RESTING, output=attrs.evolve(RESTING.output, writers=(Writer(1),)), delayed=(Request("produce", 0, epoch=1),)
    )

    assert rested(CLIENT, scene, 0) == scene
    assert rested(CLIENT, attrs.evolve(RESTING, delayed=scene.delayed), 0).delayed == ()


def test_the_fine_system_forgets_nothing() -> None:
    fine = attrs.evolve(CLIENT, detail=Detail(forgets=False))

    assert rested(fine, RESTING, 0) == RESTING
