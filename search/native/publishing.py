"""Publishing: tables as the arrays that kernels look into."""

from collections.abc import Sequence

import attrs
import numpy as np

from ackproof.search.native.bundling import Bundle
from ackproof.search.native.guards import Guards, words_of
from ackproof.search.native.keys import Keys, Region
from ackproof.search.native.layout import Layout, spread
from ackproof.search.native.lookup import (
    ABOVE,
    BASE,
    DOWN,
    FACTOR,
    IS_PLAIN,
    PLAN,
    SLOT_MASK,
    Answers,
    Numbers,
    Words,
)

U = np.uint64


@attrs.frozen
class Contents:
    """
    What is published.

    Attributes:
        units: Questions and bundles, each with its slots.
        urgent: Those that come first, as bits.
        budget: The place of the component that faults are paid from; any where there are none.
    """

    units: Sequence[Region | Bundle]
    guards: Guards
    urgent: int
    budget: int
    slots: Words
    changes: Words


def published(contents: Contents, layout: Layout) -> Answers:
    """What the kernels are told."""
    units, guards, urgent = contents.units, contents.guards, contents.urgent
    many = guards.words
    views = [(unit.keys, view) for unit in units for view in unit.keys.views]
    shown, view_first = shown_by(views, layout)
    eyes = [keys.eyes[place] for keys, (place, _, _) in views]
    costs, cost = costs_of(units, contents.budget, layout)
    return Answers(
        *guards.published(),
        everything=words_of((1 << len(units)) - 1, many),
        urgent=words_of(urgent, many),
        plan=plan_of(units, cost, layout),
        views=np.concatenate(([0], np.cumsum([len(unit.keys.views) for unit in units]))).astype(np.int64),
        view_high=np.array([layout.word[eye.component] for eye in eyes], np.int64),
        view_mask=np.array([layout.masks[eye.component] for eye in eyes], U),
        view_first=view_first,
        shown=shown,
        slots=contents.slots,
        changes=contents.changes,
        cost=cost,
        costs=costs,
        budget=np.array([layout.word[contents.budget], layout.masks[contents.budget]], U),
        has_urgent=urgent != 0,
        counter=np.arange(len(units)),
        counters=0,
    )


def plan_of(units: Sequence[Region | Bundle], cost: Numbers, layout: Layout) -> Words:
    """For each question or bundle, how to find its answer."""
    plan = np.zeros((max(1, len(units)), PLAN), U)
    for place, unit in enumerate(units):
        plan[place, : layout.words] = unit.keys.whole
        plan[place, ABOVE] = unit.keys.above
        plan[place, FACTOR], plan[place, DOWN] = unit.spread_by
        plan[place, SLOT_MASK], plan[place, BASE] = unit.size - 1, unit.base
        plan[place, IS_PLAIN] = cost[place] < 0 and not unit.keys.views
    return plan.reshape(-1)


def shown_by(views: list[tuple[Keys, tuple[int, int, int]]], layout: Layout) -> tuple[Words, Numbers]:
    """For each view, what it shows of each value, at its place in the key; where each starts."""
    tables: list[Words] = []
    for keys, (place, shift, _) in views:
        eye = keys.eyes[place]
        assert eye.shown is not None
        table = np.zeros(1 << layout.width(eye.component), U)
        table[: len(eye.shown)] = np.array(eye.shown, U) << U(shift)
        tables.append(table)
    first = np.cumsum([0, *(len(table) for table in tables)])[: len(tables)]
    return np.concatenate([*tables, np.zeros(1, U)]), first.astype(np.int64)


def costs_of(units: Sequence[Region | Bundle], budget: int, layout: Layout) -> tuple[Words, Numbers]:
    """For each fault, what paying for it flips in each budget; where each starts, -1 for what is no fault."""
    tables: list[Words] = []
    first = np.full(len(units), -1, np.int64)
    for place, unit in enumerate(units):
        if isinstance(unit, Region) and unit.question.cost is not None:
            cost = np.array(unit.question.cost)
            first[place] = sum(map(len, tables))
            flips = np.zeros((1 << layout.width(budget), layout.words), U)
            paid = np.arange(len(cost)) ^ cost
            flips[: len(cost), layout.word[budget]] = spread(paid, layout.masks[budget])
            tables.append(flips.reshape(-1))
    return np.concatenate([*tables, np.zeros(2, U)]), first
