import pytest

from ackproof.properties.verdict import Answer, Judgement, Remark, Remedy, Verdict, exit_code


def verdict(answer: Answer, accepted: str | None = None) -> Verdict:
    return Verdict("no-loss", answer, "produce", "exhaustive", {}, accepted=accepted)


def judgement(*verdicts: Verdict, errors: tuple[Remark, ...] = ()) -> Judgement:
    return Judgement("payments", None, None, errors, verdicts=verdicts)


HELD, BROKEN, OPEN = (judgement(verdict(answer)) for answer in ("holds", "violated", "unknown"))
ACCEPTED = judgement(verdict("violated", accepted="nobody minds"))
BAD = judgement(errors=(Remark("no such key"),))


@pytest.mark.parametrize(
    ("judgements", "code"),
    [
        ((), 0),
        ((HELD,), 0),
        ((HELD, ACCEPTED), 0),
        ((HELD, BROKEN), 1),
        ((OPEN, BROKEN), 1),
        ((ACCEPTED, OPEN), 2),
        ((BROKEN, BAD), 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst(judgements: tuple[Judgement, ...], code: int) -> None:
    assert exit_code(judgements) == code


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (HELD, True),
        (judgement(), True),
        (BROKEN, False),
        (ACCEPTED, False),
        (OPEN, False),
        (judgement(verdict("holds"), verdict("unknown")), False),
        (judgement(verdict("holds"), errors=BAD.errors), False),
    ],
)
def test_every_claim_holds_if_none_does_not_and_there_is_no_error(said: Judgement, holds: bool) -> None:
    assert said.every_claim_holds == holds


def test_a_setting_is_told_with_the_file_and_line_where_it_stands() -> None:
    places = {"producer.acks": ("application.yml", 7), "topic.min": ("topics.txt", None)}
    remedy = Remedy({}, "configuration", (), places)

    assert [remedy.place(key) for key in ("producer.acks", "topic.min", "consumer.commit")] == [
        " (application.yml:7)",
        " (topics.txt)",
        "",
    ]
