"""Who asks, as far as groups remember it."""

import attrs

from ackproof.reference.protocol.request import Caller, Request


@attrs.frozen
class Context:
    """
    What a request says besides its body.

    Attributes:
        client_id: As the client calls itself; empty if it does not.
        client_host: From where it asks.
        version: At which the request was sent.
    """

    client_id: str
    client_host: str
    version: int


def context_of(caller: Caller, request: Request) -> Context:
    """The context of a request."""
    return Context(request.client_id or "", caller.host, request.version)
