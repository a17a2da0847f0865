"""What goes wrong with messages."""

from collections.abc import Callable
from random import Random

from kio.schema.api_versions.v4.request import ApiVersionsRequest
from kio.schema.metadata.v12.request import MetadataRequest

from ackproof.reference.simulator.faults.striking import Struck
from ackproof.reference.simulator.network import MessageFault, SimulatedNetwork
from ackproof.reference.simulator.scenario import Fault
from ackproof.reference.simulator.wire import Letter

BORING = (ApiVersionsRequest, MetadataRequest)
"""Requests that are only the more of the same if they get lost."""

Strikes = Callable[[str, str], None]
"""Is told that a fault has struck: its name, and whom."""


class MessageFaults:
    """Faults of the network between applications and brokers."""

    def __init__(self, network: SimulatedNetwork, clients: Callable[[], list[str]], strikes: Strikes) -> None:
        self._network = network
        self._clients = clients
        self._strikes = strikes

    def strike(self, name: MessageFault, fault: Fault, rng: Random) -> Struck | None:
        """*name* happens to one of the next messages of an application."""
        clients = [each for each in self._clients() if fault.target in (None, each)]
        if not clients:
            return None
        client, left = rng.choice(clients), rng.randrange(6)

        def is_struck(letter: Letter) -> bool:
            nonlocal left
            if letter.wire.client.name != client or isinstance(letter.request.body, BORING):
                return False
            left -= 1
            if left < 0:
                self._strikes(name, f"{type(letter.request.body).__name__} of {client}")
            return left < 0

        self._network.afflict(name, is_struck)
        return Struck(f"one of the next messages of {client}")
