from ackproof.config.reading import pipeline_in
from ackproof.repair.lever import Option, options
from ackproof.repair.levers import LEVERS
from ackproof.repair.needs import fewest, has_what_it_needs, is_refused, needs_of

PIPELINE = pipeline_in(
    {
        "kafka": "3.9",
        "producer": {"config": {"acks": "1"}},
        "consumer": {"sink": "kafka", "config": {"group.id": "g", "enable.auto.commit": True}},
    },
    file="p",
)
ALL = {(option.change.key, option.change.value): option for option in options(PIPELINE, LEVERS)}
ACKS = ALL["producer.config.acks", "all"]
IDEMPOTENCE = ALL["producer.config.enable.idempotence", "true"]
MANUAL = ALL["consumer.config.enable.auto.commit", "false"]
SYNC = ALL["consumer.commit", "sync"]
NEEDS = needs_of(PIPELINE, tuple(ALL.values()))


def test_what_is_taken_by_itself_needs_nothing() -> None:
    assert ACKS not in NEEDS
    assert not is_refused(PIPELINE, (ACKS,))


def test_what_a_client_refuses_by_itself_needs_what_it_takes_it_with() -> None:
    assert NEEDS[IDEMPOTENCE] == ((ACKS,),)


def test_two_changes_may_need_each_other() -> None:
    assert NEEDS[SYNC] == ((MANUAL,),)
    assert (SYNC,) in NEEDS[MANUAL]


def test_transactions_need_an_id_and_everything_that_comes_with_it() -> None:
    (group, *_) = NEEDS[ALL["consumer.commit", "transaction"]]

    assert {option.change.key for option in group} == {
        "producer.config.acks",
        "producer.config.transactional.id",
        "consumer.config.enable.auto.commit",
    }


def test_newer_features_need_newer_brokers() -> None:
    assert NEEDS[ALL["features.transaction.version", 2]] == ((ALL["kafka", "4.3"],),)


def test_what_is_needed_stays_as_others_are_left_out() -> None:
    def with_idempotence(chosen: object) -> bool:
        return isinstance(chosen, tuple) and IDEMPOTENCE in chosen

    chosen: tuple[Option, ...] = (ACKS, IDEMPOTENCE, MANUAL, SYNC)

    assert not has_what_it_needs((IDEMPOTENCE,), NEEDS)
    assert set(fewest(chosen, NEEDS, with_idempotence)) >= {ACKS, IDEMPOTENCE}
    assert len(fewest((ACKS, IDEMPOTENCE, ALL["kafka", "4.3"]), NEEDS, with_idempotence)) == 2
