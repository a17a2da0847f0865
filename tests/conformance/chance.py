"""
What Kafka leaves to chance: the next leader of a group whose leader has not joined again.

It takes the first member of a hash map by member ids, which are random.

Source: ``ClassicGroup.maybeElectNewJoinedLeader``.
"""

from collections.abc import Mapping
from typing import cast

import attrs

from tests.conformance.grouping import JoinGroup
from tests.conformance.plain import Plain
from tests.conformance.story import Step

LED = ("leader", "members", "skip_assignment")
"""What of a JoinGroup depends on who leads."""


class ChanceError(Exception):
    """From here on the two brokers need not agree."""


@attrs.define
class Leaders:
    """Who led each group when that was last heard."""

    known: dict[int, object] = attrs.Factory(dict[int, object])

    def hear(self, step: Step, first: Plain, second: Plain) -> None:
        """
        Take note of who leads.

        Raises:
            ChanceError: The brokers differ in nothing but who leads, and who led before is no longer there.
        """
        if not (isinstance(step, JoinGroup) and isinstance(first, Mapping) and isinstance(second, Mapping)):
            return
        one, other = cast("Mapping[str, Plain]", first), cast("Mapping[str, Plain]", second)
        if one["error_code"] != "none":
            return
        if one != other and self._is_chance(step.group, one, other):
            raise ChanceError
        self.known[step.group] = one["leader"]

    def _is_chance(self, group: int, first: Mapping[str, Plain], second: Mapping[str, Plain]) -> bool:
        rest = [{field: answer[field] for field in answer if field not in LED} for answer in (first, second)]
        members = cast("list[Mapping[str, Plain]]", first["members"] or second["members"])
        return rest[0] == rest[1] and self.known.get(group) not in [member["member_id"] for member in members]
