"""What is told about groups."""

from collections.abc import Sequence

from kio.schema.describe_groups.v6.request import DescribeGroupsRequest
from kio.schema.describe_groups.v6.response import DescribedGroup
from kio.schema.list_groups.v5.request import ListGroupsRequest
from kio.schema.list_groups.v5.response import ListGroupsResponse

from ackproof.reference.protocol.primitive import GroupId
from ackproof.reference.protocol.request import Caller, Request
from tests.reference.groups.scene import Scene

CALLER = Caller()


def described(scene: Scene, group: str = "g", *, version: int = 6) -> DescribedGroup:
    """What a classic group is."""
    body = DescribeGroupsRequest(groups=(GroupId(group),), include_authorized_operations=False)
    return scene.ask(scene.coordinator.describe_groups(CALLER, Request(body, version))).groups[0]


def listed(scene: Scene, *, states: Sequence[str] = (), types: Sequence[str] = ()) -> ListGroupsResponse:
    """The groups that there are."""
    body = ListGroupsRequest(states_filter=tuple(states), types_filter=tuple(types))
    return scene.ask(scene.coordinator.list_groups(CALLER, Request(body, 5)))
