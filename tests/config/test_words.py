from ackproof.config.words import ASKED_FOR_BY_NAME, DEFAULT_KINDS, FAULT_KINDS
from ackproof.model import faults


def test_the_kinds_of_fault_are_those_of_the_model() -> None:
    assert faults.KINDS == FAULT_KINDS
    assert faults.ON_REQUEST_ONLY == ASKED_FOR_BY_NAME


def test_the_default_leaves_out_what_must_be_asked_for() -> None:
    assert set(DEFAULT_KINDS) | ASKED_FOR_BY_NAME == set(FAULT_KINDS)
