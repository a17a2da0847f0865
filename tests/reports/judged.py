"""Judgements to report: of the README's example, of one that holds, of one that is unknown, of one that is wrong."""

from functools import cache
from pathlib import Path

import attrs

import ackproof
from ackproof.properties.verdict import Judgement, Remark, Remedy

ROOT = Path(__file__).parents[2]


@cache
def violated() -> Judgement:
    """Payments that are lost, with a repair."""
    found = ackproof.verify(ROOT / "examples" / "payments.ackproof.toml")
    remedy = Remedy({"producer.config.acks": "all"}, "configuration", (("producer.config.acks", "latency", "why"),))
    (verdict,) = found.verdicts
    places = {key: (Path(file).name, line) for key, (file, line) in found.places.items()}
    repaired = attrs.evolve(verdict, repairs=(remedy,))
    return attrs.evolve(found, verdicts=(repaired,), notices=(), places=places, file="payments.ackproof.toml")


def held() -> Judgement:
    """The same, where it holds."""
    (verdict,) = violated().verdicts
    good = attrs.evolve(verdict, answer="holds", broken=(), counterexample=None, repairs=())
    return attrs.evolve(violated(), name="holding", verdicts=(good,))


def unknown() -> Judgement:
    """The same, where nobody knows."""
    (verdict,) = held().verdicts
    return attrs.evolve(
        held(), name="open", verdicts=(attrs.evolve(verdict, answer="unknown", reason="too few seconds"),)
    )


def refused() -> Judgement:
    """A configuration that can not be run."""
    error = Remark("unknown key ack; did you mean acks?", "ack", "producer.properties", 7)
    return Judgement("refused", "refused.ackproof.toml", None, errors=(error,))
