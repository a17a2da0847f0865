"""Commands about clusters: what configures them as a pipeline file, a broker to talk to, how far groups are behind."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from ackproof.commands.app import Whole, app

cluster_form = Group("Of a cluster")
simulation_form = Group("Without --bootstrap: of a simulated pipeline")


@app.command
def init(
    files: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    topic: str | None = None,
    producer: Path | None = None,
    consumer: Path | None = None,
    topic_config: Path | None = None,
    bootstrap: str | None = None,
    command_config: Path | None = None,
    name: str | None = None,
    output: Annotated[Path | None, Parameter(allow_leading_hyphen=True)] = None,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """
    Begin a pipeline file from what configures the pipeline already.

    The file names those that settings come from, which are read anew each time: verdicts point at their lines, and
    repairs are written into them. Exit code: 0 it is written, 2 nobody answers, 3 bad usage or a bad file.

    Parameters
    ----------
    files
        Properties files, a Spring application.yml, Strimzi manifests, compose files, and what kafka-topics or
        kafka-configs --describe print; FILE#NAME for one topic, service or profile of several. Left out, those that
        are here under their usual names.
    topic
        The topic, where files have several, or of the cluster.
    producer
        A properties file of the producer.
    consumer
        A properties file of the consumer.
    topic_config
        A properties file of the topic.
    bootstrap
        Servers of a cluster to ask for the topic's settings, HOST:PORT; it is only read.
    command_config
        A properties file of how to connect to it, as Kafka's own tools take it: TLS, and SASL by PLAIN or SCRAM.
    name
        The pipeline's name; left out, the topic's.
    output
        Where to write it; left out, NAME.ackproof.toml here; - for standard output.
    force
        Replace a file that is there.
    """
    from ackproof.clusters.beginning import Asked, answer

    return answer(Asked(files, producer, consumer, topic_config, topic, name, output, force, bootstrap, command_config))


@app.command
def serve(
    *,
    port: Whole = 9092,
    topic: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    set: Annotated[tuple[str, ...], Parameter(negative="")] = (),  # noqa: A002  # the option's name is a contract
    data: Path | None = None,
) -> int:
    """
    Put the reference broker on a socket, for clients on this machine, until SIGTERM.

    Exit code: 0 it was stopped, 3 bad usage.

    Parameters
    ----------
    port
        Where to listen, on 127.0.0.1 only; 0 for any that is free.
    topic
        A topic that is to be there, NAME:PARTITIONS; may be repeated.
    set
        A broker setting by Kafka's own key, KEY=VALUE; may be repeated.
    data
        The folder to keep everything in; left out, nothing is kept.
    """
    from ackproof.clusters.serving import answer

    return answer(port, topic, set, data)


@app.command
def lag(
    groups: Annotated[tuple[str, ...], Parameter(show=True)] = (),
    /,
    *,
    bootstrap: Annotated[str | None, Parameter(group=cluster_form)] = None,
    command_config: Annotated[Path | None, Parameter(group=cluster_form)] = None,
    verbose: Annotated[bool, Parameter(group=cluster_form, negative="")] = False,
    format: Annotated[Literal["text", "prometheus"], Parameter(group=cluster_form)] = "text",  # noqa: A002  # a contract
    rate: Annotated[float, Parameter(group=simulation_form)] = 100.0,
    processing: Annotated[float, Parameter(group=simulation_form)] = 5.0,
    consumers: Annotated[Whole, Parameter(group=simulation_form)] = 1,
    partitions: Annotated[Whole, Parameter(group=simulation_form)] = 1,
    seconds: Annotated[Whole, Parameter(group=simulation_form)] = 600,
    isolation: Annotated[Literal["read_uncommitted", "read_committed"] | None, Parameter(group=simulation_form)] = None,
    event: Annotated[tuple[str, ...], Parameter(group=simulation_form, negative="")] = (),
    seed: Annotated[Whole, Parameter(group=simulation_form)] = 0,
) -> int:
    """
    Show how far consumers are behind: those of a cluster, or of a pipeline that is simulated, and why.

    Exit code: 0 it is told, 2 nobody answers or a group can not be read, 3 bad usage or no such group of consumers.

    Parameters
    ----------
    groups
        Groups of the cluster; left out, all.
    bootstrap
        Servers of the cluster, HOST:PORT,HOST:PORT.
    command_config
        A properties file of how to connect to it, as Kafka's own tools take it: TLS, and SASL by PLAIN or SCRAM.
    verbose
        With leader epochs.
    format
        A table as kafka-consumer-groups prints it, or what Prometheus scrapes.
    rate
        Records that arrive per second.
    processing
        Milliseconds that a record takes.
    consumers
        How many consumers there are.
    partitions
        How many partitions.
    seconds
        How long to simulate: a week at most, and less with more consumers or partitions.
    isolation
        What consumers read; left out, read_committed if a transaction hangs, and read_uncommitted if none does.
    event
        What goes wrong, as KIND@START-END in seconds: spike, stuck, rebalancing, hanging-transaction; may be repeated.
    seed
        Of the simulation.
    """
    from ackproof.clusters.lagging import Described, Simulated, answer

    pipeline = Simulated(rate, processing, consumers, partitions, seconds, isolation, event, seed)
    return answer(bootstrap, Described(groups, format, verbose, command_config), pipeline)
