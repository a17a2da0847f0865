"""The command line's application, to which each command is added."""

from cyclopts import App

from ackproof import __version__

app = App(
    name="ackproof",
    version=__version__,
    help="Checks what a Kafka pipeline promises against the configuration that it really runs.",
    result_action="return_value",
)
