"""Which faults may happen: the table ``[faults]``, or KIND,KIND:N from the command line."""

import re
from collections.abc import Mapping

from ackproof.config.files.section import Section, checked_words, refuse_unknown, shown, table, whole_number, words
from ackproof.config.files.words import DEFAULT_AT_MOST, DEFAULT_KINDS
from ackproof.config.pipeline import Faults
from ackproof.model.faults import KINDS

KIND = "kind of fault"


def faults_in(section: Section) -> tuple[Faults, bool]:
    """The faults of a pipeline file, and whether their kinds were named."""
    at_most = whole_number(section, "at_most", 0, DEFAULT_AT_MOST)
    named = words(section, "kinds", KINDS, KIND)
    kinds = DEFAULT_KINDS if named is None else named
    limits = _limits(table(section, "limits"), kinds)
    refuse_unknown(section)
    return Faults(at_most, kinds, limits), "kinds" in section.values


def _limits(section: Section, kinds: tuple[str, ...]) -> Mapping[str, int]:
    limits: dict[str, int] = {}
    for kind in section.values:
        limit = whole_number(section, kind, 0, 0)
        if kind not in KINDS:
            checked_words([kind], KINDS, KIND, section.path_of(kind), section)
        elif kind not in kinds:
            section.refuse(kind, f"there is a limit for {kind}, which is not one of the kinds")
        else:
            limits[kind] = limit
    return limits


def faults_from(given: str, section: Section) -> Faults:
    """
    The faults that ``--faults`` names: they replace those of the file.

    There are as many as by default, or as the largest limit if that is more.
    """
    limits: dict[str, int] = {}
    kinds: list[str] = []
    for item in (part.strip() for part in given.split(",")):
        kind, colon, limit = (part.strip() for part in item.partition(":"))
        kinds += checked_words([kind], KINDS, KIND, "faults", section)
        if colon and not re.fullmatch("[1-9][0-9]{0,8}", limit):
            wrong = f"the limit of {kind} must be a whole number of at least 1, not {shown(limit)}"
            section.remarks.refuse("faults", wrong)
        elif kinds.count(kind) > 1:
            section.remarks.refuse("faults", f"{kind} is named twice")
        elif colon:
            limits[kind] = int(limit)
    return Faults(max(DEFAULT_AT_MOST, *limits.values(), 0), tuple(dict.fromkeys(kinds)), limits)
