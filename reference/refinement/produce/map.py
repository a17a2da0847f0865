"""The refinement map of the produce half: what a state of the stage is in the fine-grained model."""

from collections.abc import Hashable, Iterator
from typing import cast

import attrs
from kio.schema.produce.v12.request import ProduceRequest
from kio.schema.produce.v12.response import ProduceResponse

from ackproof.model.produce.append import Error, log_start
from ackproof.model.produce.batch import Attempt, Batch
from ackproof.model.produce.network import Connection, Delayed, Request, with_stuck
from ackproof.model.produce.producer import Producer, first_attempt, new_producer
from ackproof.reference.producer.batches.batch import ProducerBatch
from ackproof.reference.producer.requests.wire import Sent
from ackproof.reference.records.batch import Batch as StoredBatch
from ackproof.reference.records.batch import decode
from ackproof.reference.refinement.network import Line
from ackproof.reference.refinement.produce.records import number_of, written_in
from ackproof.reference.refinement.produce.replicas_map import ReplicasMap
from ackproof.reference.refinement.produce.stage import ELSEWHERE, PLACE, ProduceStage
from ackproof.reference.simulator.applications.content import content_of
from ackproof.reference.simulator.applications.producing import BytesProducer
from ackproof.reference.simulator.wire import Letter

UNUSED_ID = -1
"""In the place of a producer id that no batch has."""


class ProduceMap:
    """
    Maps the states of one run.

    What the model remembers and the reference does not, it remembers here: the producer ids in the order in which they
    appeared, and the records in that in which they were first sent. A process that dies may forget some before that,
    which are none of the model.
    """

    def __init__(self, stage: ProduceStage) -> None:
        self._stage = stage
        self._producer_ids: list[int] = []
        self._replicas = ReplicasMap(stage, self.batch, self.held, self._producer_ids.__getitem__)
        self._sent: list[int] = []
        self._ends: dict[Letter, int] = {}
        self._letters: dict[Letter, Sent | None] = {}
        self._resends_left: dict[ProducerBatch, int] = {}
        self._before: tuple[BytesProducer | None, Producer, Connection] = (None, Producer(), Connection())

    def state(self) -> dict[str, Hashable]:
        """The components of the model."""
        self.note_unused()
        self.note_sent()
        self.note_waiting()
        replicas, connection, producer = self._replicas.replicas(), self.connection(), self.producer()
        self._before = (self._stage.application.client, producer, connection)
        return {
            "replicas": replicas,
            "connection": connection,
            "producer": producer,
            "delayed": self.delayed(),
            "acknowledged": frozenset(map(self._sent.index, self._stage.acknowledged)),
        }

    def note_unused(self) -> None:
        """A process that dies with anything to lose has had an id, be it that it has sent nothing under that."""
        client, producer, connection = self._before
        is_gone = client is not None and self._stage.application.client is not client
        had_anything = producer.queue or connection.requests or connection.broken
        if is_gone and had_anything and producer.producer_id == len(self._producer_ids):
            self._producer_ids.append(UNUSED_ID)

    def note_sent(self) -> None:
        """Records that have been sent are known by a number from then on."""
        there = dict.fromkeys((*map(written_in, self.sent_batches()), *self._stage.acknowledged))
        self._sent += [record for record in there if record not in self._sent]

    def note_waiting(self) -> None:
        """Of what waits it is known how often its record is sent again, be it that it is sent and fails at once."""
        client = self._stage.application.client
        for batch in () if client is None else client.queue(PLACE):
            self._resends_left.setdefault(batch, self.resends_left(written_in(batch)))

    def batch(self, stored: StoredBatch) -> Batch:
        """A batch of the application, of one record."""
        (record,) = stored.records
        return Batch(
            self._sent.index(number_of(content_of(record.value).record)),
            self.producer_id(stored.producer_id),
            stored.producer_epoch,
            stored.base_sequence,
            stored.partition_leader_epoch,
        )

    def producer_id(self, producer_id: int) -> int:
        """Which of the producer ids it is, in the order in which they appeared."""
        if producer_id < 0:
            return -1
        if producer_id not in self._producer_ids:
            self._producer_ids.append(producer_id)
        return self._producer_ids.index(producer_id)

    def producer(self) -> Producer:
        """The producer's client, also once the application is through."""
        client = self._stage.application.client
        return new_producer(self._stage.setting.client) if client is None else self.known_producer(client)

    def known_producer(self, client: BytesProducer) -> Producer:
        """The client of an application that runs."""
        rules = self._stage.setting.client
        batches = [batch for batch in client.queue(PLACE) if written_in(batch) in self._sent]
        queue = (*map(self.attempt, batches), *self.handed_over(client))
        is_over = client.state == "fatal error" or self._stage.application.is_over
        next_record = self._stage.setting.records if is_over else len(self._sent)
        if rules.idempotence is None:
            return Producer(next_record, queue)
        numbers = dict(client.numbers()).get(PLACE)
        unresolved = client.unresolved.get(PLACE)
        if ELSEWHERE in client.unresolved and numbers is not None:
            # All that was sent has to be answered before it takes a new epoch.
            unresolved = numbers.next_sequence
        if client.identity.producer_id < 0 or numbers is None:
            fresh = attrs.evolve(new_producer(rules), next_record=next_record, queue=queue, unresolved=unresolved)
            return attrs.evolve(fresh, producer_id=len(self._producer_ids))
        return Producer(
            next_record,
            queue,
            self.producer_id(client.identity.producer_id),
            client.identity.epoch,
            numbers.next_sequence,
            numbers.last_acked_sequence,
            unresolved,
            numbers.last_acked_offset if rules.idempotence.on_unknown_producer == "guess" else -1,
        )

    def handed_over(self, client: BytesProducer) -> Iterator[Attempt]:
        """What the application sends again, and has no batch yet, as the client has yet to hear of its partition."""
        batches = (*client.queue(PLACE), *(sent.batch for sent in client.on_wire()))
        there = set(map(written_in, batches))
        for record in self._stage.application.resends_left:
            if record in self._sent and record not in there:
                fresh = first_attempt(self._stage.setting.client, self._sent.index(record))
                yield attrs.evolve(fresh, resends_left=self.resends_left(record))

    def sent_batches(self) -> Iterator[ProducerBatch]:
        """What has been sent at least once and has no outcome."""
        client = self._stage.application.client
        if client is not None:
            yield from (sent.batch for sent in client.on_wire())
            yield from (batch for batch in client.queue(PLACE) if was_sent(batch))

    def attempt(self, batch: ProducerBatch, sent: Sent | None = None) -> Attempt:
        """A batch in the producer's hands, and as it was *sent* if it is on the wire."""
        rules = self._stage.setting.client
        record = written_in(batch)
        # Once it has failed the application may count those that are left of the next one.
        resends = self._resends_left.setdefault(batch, self.resends_left(record))
        has_been_sent = was_sent(batch) or batch.is_on_wire
        return Attempt(
            Batch(
                self._sent.index(record),
                self.producer_id(batch.identity.producer_id),
                batch.identity.epoch if batch.has_sequence else -1,
                batch.base_sequence,
            ),
            was_sent=has_been_sent,
            is_retry=batch.is_in_retry and rules.idempotence is not None,
            keeps_number=sent is not None and batch.has_new_number and number_of_batch(batch) == number_of_batch(sent),
            retries_left=None if rules.retries is None else rules.retries - batch.retries,
            resends_left=resends,
            message_id=batch.number if rules.keeps_message_ids and has_been_sent else 0,
        )

    def resends_left(self, record: int) -> int:
        """How often the application sends a record again after it fails."""
        is_sent_again = self._stage.setting.client.on_send_failure == "resend"
        return self._stage.application.resends_left.get(record, 0) if is_sent_again else 0

    def connection(self) -> Connection:
        """The requests that are on their way to the leader, wait for its answer, or are lost, which a pause hides."""
        lines = [line for line in self._stage.lines if not line.is_broken]
        requests = [self.request(line, place) for line in lines if not line.is_doomed for place in places(line)]
        lost = [self.served(line, place) for line in lines if line.is_doomed for place in places(line)]
        return Connection(tuple(requests), tuple(lost))

    def request(self, line: Line, place: int) -> Request:
        """One request."""
        if place < len(line.served) and line.served[place].is_done:
            response = cast("ProduceResponse", line.served[place].result())
            code = response.responses[0].partition_responses[0].error_code
            error = cast("Error", code.name.upper())
            return attrs.evolve(self.unserved(line, place), error=error, log_start=self.log_start(line, error))
        return self.served(line, place)

    def log_start(self, line: Line, error: Error) -> int:
        """Where the log of the broker of a *line* starts, which comes with this *error* alone."""
        return log_start(self._replicas.logs[broker_of(line)][0]) if error == "UNKNOWN_PRODUCER_ID" else 0

    def served(self, line: Line, place: int) -> Request:
        """One request, which waits to be answered if it is served."""
        request = self.unserved(line, place)
        if place >= len(line.served):
            return request
        return attrs.evolve(request, waits_for=self.end_of(line, place, request.sent))

    def unserved(self, line: Line, place: int) -> Request:
        """One request, whether it is served or not."""
        letter = line.letters[place]
        body = cast("ProduceRequest", letter.request.body)
        batch = self.batch(decode(body.topic_data[0].partition_data[0].records or b""))
        sent = self.sent_in(letter, batch)
        mine = None if sent is None else self.attempt(sent.batch, sent)
        is_given_up = sent is not None and sent.batch.is_done
        rules = self._stage.setting.client.idempotence
        hears = rules is not None and rules.hears_of_expired
        return Request(
            attrs.evolve(batch, partition_leader_epoch=0),
            None if is_given_up else mine,
            expired=mine if is_given_up and hears else None,
        )

    def sent_in(self, letter: Letter, batch: Batch) -> Sent | None:
        """What a producer that runs has sent with a letter: of what is on no other one, the first of its number."""
        client = self._stage.application.client
        on_wire = () if client is None else client.on_wire()
        if letter not in self._letters:
            self._letters[letter] = next((sent for sent in on_wire if self.is_in(sent, batch)), None)
        sent = self._letters[letter]
        return sent if sent in on_wire else None

    def is_in(self, sent: Sent, batch: Batch) -> bool:
        """Whether a *batch* on a letter can be what was *sent*: it is of one record and number, and not known yet."""
        number = (self.producer_id(sent.identity.producer_id), sent.identity.epoch, sent.base_sequence)
        is_same = (self._sent.index(written_in(sent.batch)), *number) == (batch.record, *batch.place[:3])
        return is_same and sent not in self._letters.values()

    def end_of(self, line: Line, place: int, batch: Batch) -> int:
        """The offset after a batch in the log of the leader that has served it; later copies do not count."""
        letter = line.letters[place]
        if letter not in self._ends:
            log, _ = self._replicas.logs[broker_of(line)]
            self._ends[letter] = 1 + max(at for at, one in enumerate(log) if is_known_as(one, batch))
        return self._ends[letter]

    def delayed(self) -> Delayed:
        """What each stuck connection to the leader still holds."""
        stuck = (line for line in self._stage.network.lines.values() if line.is_held and not self.has_moved(line))
        return with_stuck((), *map(self.stuck, stuck))

    def held(self, broker: int) -> Delayed:
        """What each stuck connection to a *broker* holds since it led."""
        lines = (line for line in self._stage.network.lines.values() if line.is_held and self.has_moved(line))
        stuck = (line for line in lines if line.wire.listener.name == f"broker-{broker}")
        return with_stuck((), *map(self.stuck, stuck))

    def has_moved(self, line: Line) -> bool:
        """Whether another one has led since a connection is stuck."""
        return self._stage.held_in[line.wire.number] != self._stage.image.leader_epoch

    def stuck(self, line: Line) -> tuple[Batch, ...]:
        """What a broker has yet to serve of a connection."""
        return tuple(self.unserved(line, place).sent for place in places(line)[len(line.served) :])


def places(line: Line) -> range:
    """The places of the requests on a connection."""
    return range(len(line.letters))


def broker_of(line: Line) -> int:
    """The broker that a connection leads to."""
    return int(line.wire.listener.name.rpartition("-")[2])


def was_sent(batch: ProducerBatch) -> bool:
    """Whether a batch has been on the wire."""
    return batch.has_sequence or batch.attempts > 0


def is_known_as(one: Batch, other: Batch) -> bool:
    """Whether brokers take a batch for another one: by its number, whatever it holds, or as it is the same."""
    return one.place[:3] == other.place[:3] and (one.producer_id >= 0 or one.record == other.record)


def number_of_batch(batch: ProducerBatch | Sent) -> tuple[object, int]:
    """What makes a batch known again, as it has it now or as it was sent with it."""
    return (batch.identity, batch.base_sequence)
