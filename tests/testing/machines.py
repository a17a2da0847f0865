"""Applications as people write them, with a list for a sink."""

from collections.abc import Hashable, Iterable
from typing import ClassVar, cast

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from ackproof.testing import ProcessingMachine, Record


def pipeline(claim: str, faults: str, **consumer: object) -> dict[str, object]:
    """The pipeline of a consumer that starts from the earliest offset, with one fault."""
    config = {"group.id": "ledger", "auto.offset.reset": "earliest"}
    return {
        "consumer": {"commit": "sync", "config": config, **consumer},
        "faults": {"at_most": 1, "kinds": [faults]},
        "claims": {"expect": [claim]},
        "bounds": {"records": 2},
    }


class Plain(ProcessingMachine):
    """Keeps whatever it is handed."""

    pipeline: ClassVar[object] = pipeline("exactly-once", "consumer-crash")

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Hashable] = []

    def process(self, record: Record) -> object:
        self.rows.append(record.value)
        return None

    def kept(self) -> Iterable[Hashable]:
        return self.rows


class Idempotent(Plain):
    """Keeps a record once."""

    def process(self, record: Record) -> object:
        return None if record.value in self.rows else super().process(record)


def finding(machine: type[Plain], *, examples: int = 60, **attributes: object) -> str | None:
    """What Hypothesis finds with a *machine* that has some other *attributes*: the message, or nothing."""
    variant = cast("type[Plain]", type(machine.__name__, (machine,), {"__module__": machine.__module__, **attributes}))
    quiet = settings(variant.TestCase.settings, max_examples=examples, stateful_step_count=20, print_blob=False)
    try:
        run_state_machine_as_test(variant, settings=quiet)
    except AssertionError as error:
        return str(error)
    return None
