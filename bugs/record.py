"""The whole record, in the order of the modules that hold it."""

from ackproof.bugs import broker
from ackproof.bugs.bug import Bug, OutOfReach

MODULES = (broker,)

BUGS: tuple[Bug, ...] = tuple(value for module in MODULES for value in vars(module).values() if isinstance(value, Bug))

OUT_OF_REACH: tuple[OutOfReach, ...] = ()
