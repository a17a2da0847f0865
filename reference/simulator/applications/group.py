"""Groups: all instances of one consuming application."""

from ackproof.reference.simulator.applications.consuming import ConsumingInstance
from ackproof.reference.simulator.applications.piping import PipingInstance
from ackproof.reference.simulator.applications.sink import Sink
from ackproof.reference.simulator.scenario import ConsumerPlan
from ackproof.reference.simulator.world import World


class ConsumingGroup:
    """
    A consuming application.

    Attributes:
        instances: Also those that are down; there may be more later.
    """

    def __init__(self, world: World, plan: ConsumerPlan) -> None:
        """
        An application that has not started.

        Raises:
            ValueError: It works in a way that is not simulated: handing records off to other threads, or keeping its
                offsets with the sink.
        """
        if plan.rules.is_handed_off or plan.rules.commit == "with-sink":
            raise ValueError(f"{plan.name}: neither handed-off processing nor offsets in the sink are simulated")
        self.plan = plan
        self.instances: list[ConsumingInstance] = []
        self._world = world
        self._sink = Sink(plan.rules.sink)

    def start(self) -> None:
        """All its instances start."""
        for _ in range(self.plan.rules.instances):
            self.grow()

    def grow(self) -> ConsumingInstance:
        """One more instance starts."""
        kind = ConsumingInstance if self.plan.output is None else PipingInstance
        instance = kind(self._world, self.plan, len(self.instances) + 1, self._sink)
        self.instances.append(instance)
        instance.start()
        return instance
