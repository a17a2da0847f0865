"""The table ``[accept]``: violations that somebody knows of and lives with, for a reason and until a date."""

from datetime import date, datetime

from ackproof.config.files.nearest import nearest
from ackproof.config.files.section import Section, refuse_unknown, shown, table, text
from ackproof.config.pipeline import Accepted
from ackproof.properties.claims import CLAIMS


def accepted_in(section: Section) -> tuple[Accepted, ...]:
    """What is accepted of each claim that has a table of its own: ``[accept.no-duplicates]``."""
    found = (accepted(section, claim) for claim in section.values)
    return tuple(each for each in found if each is not None)


def accepted(section: Section, claim: str) -> Accepted | None:
    """What is accepted of a *claim*; None if the table is wrong."""
    if claim not in CLAIMS:
        section.refuse(claim, f"there is no claim {claim}; did you mean {nearest(claim, list(CLAIMS), 0.0)}?")
        return None
    entry = table(section, claim)
    reason, until = text(entry, "reason"), entry.take("until")
    refuse_unknown(entry)
    if reason is None and "reason" not in entry.values:
        entry.refuse("reason", f"{entry.path} must say its reason")
    if not isinstance(until, date) or isinstance(until, datetime):
        what = "" if until is None else f", not {shown(until)}"
        entry.refuse("until", f"{entry.path} must say until which date, such as 2027-01-31{what}")
        return None
    return Accepted(claim, reason, until) if reason is not None else None
