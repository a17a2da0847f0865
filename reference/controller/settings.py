"""The controller's settings, by Kafka's own keys."""

from collections.abc import Mapping

import attrs

from ackproof.model.produce.rules import BrokerRules
from ackproof.reference.controller.image import TopicImage

MIN_INSYNC_REPLICAS = "min.insync.replicas"
IMBALANCE_CHECK = "leader.imbalance.check.interval.seconds"
UNCLEAN_LEADER_ELECTION = "unclean.leader.election.enable"


@attrs.frozen
class ControllerSettings:
    """
    What the controller is configured with.

    Attributes:
        min_insync_replicas, elects_uncleanly: For topics that do not say.

    Raises:
        ValueError: A session timeout that is not positive.
    """

    broker_session_timeout_ms: int = attrs.field(default=9_000, validator=attrs.validators.gt(0))
    num_partitions: int = 1
    default_replication_factor: int = 1
    min_insync_replicas: int = 1
    elects_uncleanly: bool = False
    balances_leaders: bool = True
    leader_imbalance_check_interval_ms: int = 300_000
    unclean_leader_election_interval_ms: int = 300_000

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "ControllerSettings":
        """
        The settings among *values*; keys that do not concern the controller are passed over.

        Raises:
            ValueError: A value is not what its key takes; the error names the key.
        """
        default = cls()
        return cls(
            broker_session_timeout_ms=_number(values, "broker.session.timeout.ms", default.broker_session_timeout_ms),
            num_partitions=_number(values, "num.partitions", default.num_partitions),
            default_replication_factor=_number(
                values, "default.replication.factor", default.default_replication_factor
            ),
            min_insync_replicas=_number(values, MIN_INSYNC_REPLICAS, default.min_insync_replicas),
            elects_uncleanly=_flag(values, UNCLEAN_LEADER_ELECTION, default=default.elects_uncleanly),
            balances_leaders=_flag(values, "auto.leader.rebalance.enable", default=default.balances_leaders),
            leader_imbalance_check_interval_ms=1000
            * _number(values, IMBALANCE_CHECK, default.leader_imbalance_check_interval_ms // 1000),
            unclean_leader_election_interval_ms=_number(
                values, "unclean.leader.election.interval.ms", default.unclean_leader_election_interval_ms
            ),
        )


def _number(values: Mapping[str, str], key: str, default: int) -> int:
    return number(key, values[key]) if key in values else default


def _flag(values: Mapping[str, str], key: str, *, default: bool) -> bool:
    return flag(key, values[key]) if key in values else default


def flag(key: str, text: str) -> bool:
    """*text* as a boolean."""
    if text.strip().lower() not in ("true", "false"):
        raise ValueError(f"{key}: expected true or false, not {text!r}")
    return text.strip().lower() == "true"


def number(key: str, text: str) -> int:
    """*text* as an integer."""
    try:
        return int(text.strip())
    except ValueError:
        raise ValueError(f"{key}: expected an integer, not {text!r}") from None


NEWEST = BrokerRules()
"""The rules of the newest Kafka."""

DEFAULTS = ControllerSettings()
"""The settings that Kafka has by default."""


@attrs.frozen
class Policy:
    """Settings and rules, as they apply to a topic."""

    settings: ControllerSettings = DEFAULTS
    rules: BrokerRules = NEWEST

    def min_insync_replicas(self, topic: TopicImage) -> int:
        """
        No more than the topic has replicas.

        Source: ``ReplicationControlManager.getTopicEffectiveMinIsr``.
        """
        given = topic.settings.get(MIN_INSYNC_REPLICAS)
        configured = self.settings.min_insync_replicas if given is None else int(given)
        return min(configured, len(topic.partitions[0].replicas))

    def elects_uncleanly(self, topic: TopicImage) -> bool:
        """Whether a leader may be elected that lacks what is committed."""
        given = topic.settings.get(UNCLEAN_LEADER_ELECTION)
        if given is None:
            return self.settings.elects_uncleanly or self.rules.elects_uncleanly
        return flag(UNCLEAN_LEADER_ELECTION, given)
