"""What theorems say of a verdict: where its claim holds for any number of records, and of faults."""

import attrs

from ackproof.config.inquiries import Inquiry
from ackproof.judging.hearing import Finding, Hearing
from ackproof.proofs.coverage import case_of, lifts_faults, theorems_on
from ackproof.properties.verdict import Induction, Verdict


def by_induction(hearing: Hearing, verdict: Verdict) -> Verdict:
    """
    *verdict* with the theorems that its parts rest on.

    If it holds, and each of its parts by a theorem, it does so by induction: bounds that are lifted are dropped.
    """
    if verdict.answer != "holds":
        return verdict
    found = [induction(finding) for finding in hearing.findings]
    parts = tuple(dict.fromkeys(part for part in found if part))
    if not parts or not all(found):
        return attrs.evolve(verdict, inductions=parts)
    are_lifted = all(part.lifts_faults for part in parts)
    bounds = {} if are_lifted else {name: bound for name, bound in verdict.bounds.items() if name != "records"}
    return attrs.evolve(verdict, inductions=parts, evidence="inductive", bounds=bounds)


def induction(finding: Finding) -> Induction | None:
    """What theorems say of the part that was searched."""
    return theorems_of(finding.inquiry) if finding.is_about_the_claim else None


def theorems_of(inquiry: Inquiry) -> Induction | None:
    """What theorems say of a part; they are about the produce half alone."""
    if inquiry.is_goal or inquiry.where != "the produce half":
        return None
    case = case_of(inquiry.system(False))
    theorems = theorems_on(case, inquiry.basic)
    return Induction(inquiry.basic, inquiry.half, lifts_faults(case, theorems), theorems) if theorems else None
