"""Hearings: the searches that decide one claim about one pipeline, half by half."""

import time
from collections.abc import Callable, Iterator

import attrs

from ackproof import __version__
from ackproof.config.document import as_document
from ackproof.config.inquiries import (
    Inquiry,
    composes_at_the_log,
    inquiries,
    of,
    of_transactions,
    together,
    what_readers_saw,
)
from ackproof.config.pipeline import Pipeline
from ackproof.config.systems import unmodelled, unmodelled_in_one_piece
from ackproof.judging.effort import Effort
from ackproof.properties.claims import OF_TRANSACTIONS, basics_of
from ackproof.search.exploration import Budget, Exploration, Progress
from ackproof.search.explorer import Plan, explore
from ackproof.search.liveness import explore_fairly
from ackproof.search.walks import Pace, walk

OnProgress = Callable[[str, Progress], None]
Clock = Callable[[], float]

COMPLETE = frozenset({"exhausted", "violated", "deep enough"})
"""How a search ends that has looked everywhere it should."""


@attrs.frozen
class Finding:
    """
    What a search said.

    Attributes:
        is_about_the_claim: Else about how parts of the pipeline compose.
    """

    inquiry: Inquiry
    exploration: Exploration
    is_about_the_claim: bool = True

    @property
    def is_violation(self) -> bool:
        """Whether it breaks the claim."""
        return self.is_about_the_claim and self.exploration.violation is not None


@attrs.define
class Hearing:
    """
    The searches for one claim.

    Attributes:
        findings: What they said, in their order.
        reasons: What keeps the claim from being decided.
    """

    pipeline: Pipeline
    claim: str
    on_progress: OnProgress | None = None
    clock: Clock = time.monotonic
    effort: Effort = attrs.field(factory=Effort)
    findings: list[Finding] = attrs.field(factory=list[Finding])
    reasons: list[str] = attrs.field(factory=list[str])
    started: float = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.started = self.clock()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self.clock() - self.started

    @property
    def is_fine(self) -> bool:
        """Whether the model is to take every step by itself."""
        return "urgency" not in self.effort.reductions

    @property
    def is_interrupted(self) -> bool:
        """Whether the user has ended a search."""
        return any(finding.exploration.ended == "interrupted" for finding in self.findings)

    @property
    def violations(self) -> list[Finding]:
        """Findings that violate a basic claim, the shortest first."""
        broken = [finding for finding in self.findings if finding.is_violation]
        return sorted(broken, key=lambda finding: len(finding.exploration.violation or ()))

    def hear(self) -> None:
        """Search every part for each basic claim; where all hold, check that this decides the pipeline."""
        groups = together(self.asked())
        for number, group in enumerate(groups):
            if not self.is_interrupted:
                self.hear_group(group, share=1 / (len(groups) - number))
        is_open = not self.reasons and not self.violations and self.claim != "completes"
        if is_open and composes_at_the_log(self.pipeline):
            self.hear_how_halves_compose()

    def asked(self) -> Iterator[Inquiry]:
        """What has to be searched, as far as it can be."""
        for basic in basics_of(self.claim):
            missing = unmodelled(self.pipeline, basic)
            self.reasons += [what.reason for what in missing if what.reason not in self.reasons]
            yield from inquiries(self.pipeline, basic)

    def hear_group(self, group: tuple[Inquiry, ...], share: float) -> None:
        """Search one system for all that is asked of it; what is violated first leaves the others to be searched."""
        first, *others = group
        if not others or self.effort.walks:
            self.findings += [self.search(inquiry, share=share) for inquiry in group]
            return
        what = f"a violation of {' or '.join(inquiry.basic for inquiry in group)} in {first.where}"
        found = self.explore(group, what, share)
        if found.violation:
            broken = next(inquiry for inquiry in group if inquiry.holds.name == found.broken)
            self.findings.append(Finding(broken, found))
            self.hear_group(tuple(inquiry for inquiry in group if inquiry is not broken), share)
            return
        if found.ended not in COMPLETE:
            self.note(what, found)
        # What was covered counts once.
        again = attrs.evolve(found, distinct_states=0, fired={})
        self.findings += [Finding(first, found), *(Finding(other, again) for other in others)]

    def hear_how_halves_compose(self) -> None:
        """The halves can be judged apart if what a reader saw stays; order also takes a look at what is read twice."""
        found = self.search(what_readers_saw(self.pipeline), "a record that disappears from the log")
        self.findings.append(attrs.evolve(found, is_about_the_claim=False))
        if violation := found.exploration.violation:
            how = f"in {len(violation)} steps ({', '.join(violation.faults)})"
            self.hear_in_one_piece(f"a record that consumers could read can disappear from the log, {how}")
        elif "in-order" in basics_of(self.claim) and self.may_skip_the_first_copy():
            self.hear_in_one_piece("a record may be read for the first time from its second copy", rolls_back=False)

    def may_skip_the_first_copy(self) -> bool:
        """
        Whether a reader may miss the first copy of a record and process the second one, behind later records.

        Each half compares first occurrences, so that neither can tell.
        """
        stored_twice = next(
            of_transactions(self.pipeline, "no-duplicates"), of(self.pipeline, "produce", "no-duplicates")
        )
        for inquiry in (stored_twice, of(self.pipeline, "consume", "no-loss")):
            found = self.search(inquiry)
            self.findings.append(attrs.evolve(found, is_about_the_claim=False))
            if found.exploration.violation is None:
                return False
        return True

    def hear_in_one_piece(self, why: str, *, rolls_back: bool = True) -> None:
        """
        Explore the pipeline in one piece, as the halves can not be judged apart.

        Args:
            rolls_back: The log may change under its readers.
        """
        if against := unmodelled_in_one_piece(self.pipeline, self.claim, rolls_back=rolls_back):
            self.reasons.append(f"the halves can not be judged apart: {why}; {'; '.join(against)}")
            return
        basics = [basic for basic in basics_of(self.claim) if basic not in OF_TRANSACTIONS]
        for basic in basics if rolls_back else ["in-order"]:
            self.findings.append(self.search(of(self.pipeline, "whole", basic, rolls_back=rolls_back)))

    def search(self, inquiry: Inquiry, what: str | None = None, *, share: float = 1) -> Finding:
        """
        Search a part of the pipeline: only for a shorter violation if there is one already.

        Args:
            what: What is looked for, where the inquiry has no better words.
            share: How much of the time that is left it may take.
        """
        what = what or inquiry.what
        found = self.explore_fairly(inquiry, what) if inquiry.is_goal else self.explore((inquiry,), what, share)
        if found.ended not in COMPLETE:
            self.note(what, found)
            if self.effort.walks and not inquiry.is_goal and found.ended != "interrupted":
                return Finding(inquiry, self.walked(inquiry, what, found))
        return Finding(inquiry, found)

    def explore(self, group: tuple[Inquiry, ...], what: str, share: float) -> Exploration:
        """Search for a state that breaks what holds, with a share of the time that is left."""
        basics = {inquiry.basic for inquiry in group}
        known = [len(found.exploration.violation or ()) for found in self.violations if found.inquiry.basic in basics]
        return explore(
            self.effort.applied(group[0].system(self.is_fine)),
            *(inquiry.holds for inquiry in group),
            looks_for=tuple(dict.fromkeys(condition for inquiry in group for condition in inquiry.looks_for)),
            budget=self.budget(share, min(known) - 1 if known else None),
            on_level=self.teller(what),
            plan=self.plan(what),
        )

    def explore_fairly(self, inquiry: Inquiry, what: str) -> Exploration:
        """Search for an execution that never comes to the goal, without any reduction."""
        return explore_fairly(
            inquiry.system(True),
            inquiry.holds,
            looks_for=inquiry.looks_for,
            budget=self.budget(1),
            on_level=self.teller(what),
            plan=attrs.evolve(self.plan(what), slices=False, partial_order=False),
        )

    def note(self, what: str, found: Exploration) -> None:
        """Note that the search for *what* ended before its time."""
        how = "was interrupted" if found.ended == "interrupted" else f"ran {found.ended}"
        states = f"{found.distinct_states:,} state{'' if found.distinct_states == 1 else 's'}"
        covered = f"after {states}, {found.depth} levels deep"
        further = "; --resume goes on there" if self.effort.checkpoints else ""
        self.reasons.append(f"the search for {what} {how} {covered}{further}")

    def walked(self, inquiry: Inquiry, what: str, found: Exploration) -> Exploration:
        """*found*, with what random walks find where the search did not get."""
        budget = Budget(seconds=self.pipeline.bounds.budget_s, clock=self.clock)
        tried = walk(
            self.effort.applied(inquiry.system(self.is_fine)),
            inquiry.holds,
            steps=self.effort.walks,
            seed=self.effort.seed,
            budget=budget,
            on_round=self.teller_of_walks(what, found),
            how=self.effort.how,
        )
        if tried.violation:
            return attrs.evolve(found, violation=tried.violation, broken=tried.broken, is_shortest=False)
        self.reasons.append(f"{tried.steps:,} random steps (seed {tried.seed}) found no sign of {what}")
        return found

    def budget(self, share: float, depth: int | None = None) -> Budget:
        """A share of the time that is left."""
        return Budget(
            seconds=max(0.0, self.pipeline.bounds.budget_s - self.seconds) * share,
            depth=depth,
            megabytes=self.effort.megabytes,
            clock=self.clock,
        )

    def plan(self, what: str) -> Plan:
        """How to search for *what*."""
        return self.effort.plan(self.pipeline.file or self.pipeline.name, what, self.about)

    def teller(self, what: str) -> Callable[[Progress], None] | None:
        """Who is told how far the search for *what* is."""
        on_progress = self.on_progress
        if on_progress is None:
            return None
        name = self.pipeline.name
        return lambda progress: on_progress(f"{name}: {what}", progress)

    def teller_of_walks(self, what: str, found: Exploration) -> Callable[[Pace], None] | None:
        """Who is told how far the random walks are that look for *what* after a search has ended."""
        on_progress = self.on_progress
        if on_progress is None:
            return None
        states, depth, walks, name = found.distinct_states, found.depth, self.effort.walks, self.pipeline.name

        def tell(pace: Pace) -> None:
            steps = f"{pace.steps:,} of {walks:,} random steps in search of {what}"
            on_progress(f"{name}: {steps}", Progress(states, depth, 0, pace.seconds))

        return tell

    @property
    def about(self) -> dict[str, object]:
        """What has to be the same for a search to go on where an earlier one came to."""
        bounds = {"records": self.pipeline.bounds.records, "faults": self.pipeline.faults.at_most}
        kinds = ", ".join(self.pipeline.faults.kinds)
        # In the order in which a difference is told.
        return {"version": __version__, **bounds, "kinds of fault": kinds, "pipeline": as_document(self.pipeline)}
