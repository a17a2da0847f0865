"""Ways of being a member of a group, and applications, for tests that compare systems."""

from collections.abc import Mapping
from typing import cast

import attrs

from ackproof.model.consume.auto_commit import JAVA, LIBRDKAFKA_WITHOUT_OFFSET_STORE
from ackproof.model.consume.consumer import Consumers
from ackproof.model.consume.keeping import Keeping
from ackproof.model.consume.rebalancing import (
    COOPERATIVE,
    COOPERATIVE_LIBRDKAFKA,
    EAGER,
    RECONCILING,
    RECONCILING_WITH_EXACT_EPOCHS,
)
from ackproof.model.consume.rules import ConsumerRules
from ackproof.model.system import Next

LATE = attrs.evolve(COOPERATIVE_LIBRDKAFKA, survives_late_commits=False)
KEEPS = attrs.evolve(COOPERATIVE_LIBRDKAFKA, keeps_what_it_lost=True)
LATE_KEEPS = attrs.evolve(LATE, keeps_what_it_lost=True)

MEMBERS: Mapping[str, ConsumerRules] = {
    "eager": ConsumerRules(rebalancing=EAGER),
    "cooperative": ConsumerRules(rebalancing=COOPERATIVE),
    "cooperative librdkafka": ConsumerRules(rebalancing=COOPERATIVE_LIBRDKAFKA),
    "cooperative librdkafka before 2.10": ConsumerRules(rebalancing=LATE),
    "static, cooperative librdkafka": ConsumerRules(rebalancing=KEEPS, is_static=True),
    "static, cooperative librdkafka before 2.10": ConsumerRules(rebalancing=LATE_KEEPS, is_static=True),
    "by the coordinator": ConsumerRules(rebalancing=RECONCILING),
    "by the coordinator, as nobody": ConsumerRules(rebalancing=RECONCILING, commits_as_nobody=True),
    "by the coordinator, exact epochs": ConsumerRules(rebalancing=RECONCILING_WITH_EXACT_EPOCHS),
    "by the coordinator, in the background": ConsumerRules(rebalancing=RECONCILING, rejoins_in_background=True),
    "static": ConsumerRules(is_static=True),
    "static, cooperative": ConsumerRules(is_static=True, rebalancing=COOPERATIVE),
    "static, by the coordinator": ConsumerRules(is_static=True, rebalancing=RECONCILING),
    "cooperative, commits on revoke": ConsumerRules(rebalancing=COOPERATIVE, on_revoke="commit"),
    "by the coordinator, commits on revoke": ConsumerRules(rebalancing=RECONCILING, on_revoke="commit"),
    "as nobody": ConsumerRules(commits_as_nobody=True),
    "closes without a word": ConsumerRules(on_revoke="commit", revokes_on_close=False),
    "just stops": ConsumerRules(closes_cleanly=False),
    "static, and forgotten": ConsumerRules(is_static=True, keeping=Keeping(forgets_replacements=True)),
    "static, just stops": ConsumerRules(is_static=True, closes_cleanly=False),
}
"""Members by how the partition comes to them."""


def after(outcome: Next) -> Consumers:
    """The consumers after it."""
    return cast("Consumers", outcome.changes["consumers"])


def committing(rules: ConsumerRules) -> Mapping[str, ConsumerRules]:
    """Such members, by how their application commits."""
    return {
        "sync after": rules,
        "sync before": attrs.evolve(rules, commit_when="before-processing"),
        "async after": attrs.evolve(rules, commit="async"),
        "auto java": attrs.evolve(rules, commit="auto", auto_commit=JAVA),
        "auto librdkafka": attrs.evolve(rules, commit="auto", auto_commit=LIBRDKAFKA_WITHOUT_OFFSET_STORE),
    }
