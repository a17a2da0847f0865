"""What goes wrong with applications."""

from collections.abc import Sequence
from random import Random

from kio.schema.produce.v12.request import ProduceRequest

from ackproof.reference.simulator.applications.application import Application
from ackproof.reference.simulator.applications.consuming import ConsumingInstance
from ackproof.reference.simulator.applications.group import ConsumingGroup
from ackproof.reference.simulator.applications.producing import ProducingApplication
from ackproof.reference.simulator.faults.striking import Struck, lasts
from ackproof.reference.simulator.network import SimulatedNetwork
from ackproof.reference.simulator.scenario import Fault
from ackproof.reference.simulator.wire import Letter


class ApplicationFaults:
    """Faults of applications."""

    def __init__(
        self, network: SimulatedNetwork, producers: Sequence[ProducingApplication], groups: Sequence[ConsumingGroup]
    ) -> None:
        self._network = network
        self._producers = producers
        self._groups = groups

    def crash_producer(self, fault: Fault, rng: Random) -> Struck | None:
        """A producing application dies, and starts again."""
        return crash(self._producers, fault, rng)

    def crash_consumer(self, fault: Fault, rng: Random) -> Struck | None:
        """An instance of a consuming application dies, and starts again."""
        return crash(self._instances(), fault, rng)

    def pause_producer(self, fault: Fault, rng: Random) -> Struck | None:
        """A producing application stands still for a while."""
        return pause(self._producers, fault, rng)

    def pause_consumer(self, fault: Fault, rng: Random) -> Struck | None:
        """An instance of a consuming application stands still for longer than its group waits."""
        return pause(self._instances(), fault, rng)

    def join(self, fault: Fault, rng: Random) -> Struck | None:
        """One more instance joins a group."""
        groups = [group for group in self._groups if fault.target in (None, group.plan.name)]
        return Struck(rng.choice(groups).grow().name) if groups else None

    def leave(self, fault: Fault, rng: Random) -> Struck | None:
        """An instance leaves its group, and joins again later."""
        up = [each for each in self._instances() if each.is_up and fault.target in (None, each.name)]
        if not up:
            return None
        leaving = rng.choice(up)
        leaving.leave()
        return Struck(leaving.name, leaving.start_again, lasts(fault, rng, 500, 3_000))

    def expire_offsets(self, fault: Fault, rng: Random) -> Struck | None:
        """All instances of a group stop for longer than its offsets are kept, and start again."""
        groups = [group for group in self._groups if fault.target in (None, group.plan.name)]
        if not groups:
            return None
        group = rng.choice(groups)
        for instance in group.instances:
            instance.leave()

        def heal() -> None:
            for instance in group.instances:
                instance.start_again()

        return Struck(group.plan.name, heal, lasts(fault, rng, 70_000, 80_000))

    def delay_sends(self, fault: Fault, rng: Random) -> Struck | None:
        """What a producer sends takes longer than it waits for an outcome."""
        up = [each for each in self._producers if each.is_up and fault.target in (None, each.name)]
        if not up:
            return None
        producer = rng.choice(up)

        def strikes(letter: Letter) -> bool:
            return letter.wire.client.name == producer.name and isinstance(letter.request.body, ProduceRequest)

        timeout_ms = producer.settings.delivery_timeout_ms
        lasts_ms = lasts(fault, rng, timeout_ms, timeout_ms * 3 // 2)
        self._network.slow(strikes, self._network.now_ms + lasts_ms)
        return Struck(producer.name, lasts_ms=lasts_ms)

    def fail_processing(self, fault: Fault, rng: Random) -> Struck | None:
        """An instance fails to process its next record."""
        up = [each for each in self._instances() if each.is_up and fault.target in (None, each.name)]
        if not up:
            return None
        failing = rng.choice(up)
        failing.fails_next = rng.choice(["before", "after"])
        return Struck(failing.name)

    def _instances(self) -> list[ConsumingInstance]:
        return [instance for group in self._groups for instance in group.instances]


def crash(applications: Sequence[Application], fault: Fault, rng: Random) -> Struck | None:
    """One of *applications* dies, and starts again."""
    up = [each for each in applications if each.is_up and fault.target in (None, each.name)]
    if not up:
        return None
    dying = rng.choice(up)
    dying.crash()
    return Struck(dying.name, dying.start_again, lasts(fault, rng, 50, 1_500))


def pause(applications: Sequence[Application], fault: Fault, rng: Random) -> Struck | None:
    """One of *applications* stands still for a while."""
    up = [each for each in applications if each.is_up and fault.target in (None, each.name)]
    if not up:
        return None
    paused = rng.choice(up)
    process = paused.process
    assert process is not None
    process.pause()
    return Struck(paused.name, process.resume, lasts(fault, rng, 500, paused.longest_pause_ms))
