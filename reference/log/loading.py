"""Opening a log: what is on the disk after a clean stop, a crash or a power loss (``LogLoader``)."""

import attrs

from ackproof.reference.kernel.clock import Clock
from ackproof.reference.log.leader_epochs import LeaderEpochs
from ackproof.reference.log.producers.producers import Producers
from ackproof.reference.log.producers.rebuilding import noted, rebuild
from ackproof.reference.log.producers.snapshot import Snapshots
from ackproof.reference.log.segment import Segment
from ackproof.reference.log.segments import Segments
from ackproof.reference.log.settings import LogSettings
from ackproof.reference.log.storage.disk import Storage
from ackproof.reference.records.batch import has_valid_crc, read_header


@attrs.frozen
class Place:
    """
    Where a log is, and what its broker knows of it.

    Attributes:
        folder: Its name is topic, dash, partition.
        is_clean: The broker was stopped cleanly.
        recovery_point: Everything below is synced, says the checkpoint.
        log_start_offset: As the checkpoint says.
        producer_id_expiration_ms: ``producer.id.expiration.ms``.
        remembered_batches: Of each producer.
    """

    storage: Storage
    folder: str
    is_clean: bool = False
    recovery_point: int = 0
    log_start_offset: int = 0
    producer_id_expiration_ms: int = 86_400_000
    remembered_batches: int = 5

    def producers(self, snapshots: Snapshots) -> Producers:
        """Producers of whom nothing is known yet."""
        return Producers(
            snapshots, expiration_ms=self.producer_id_expiration_ms, remembered_batches=self.remembered_batches
        )


@attrs.frozen
class Loaded:
    """What a log is made of."""

    segments: Segments
    epochs: LeaderEpochs
    producers: Producers
    log_start_offset: int
    recovery_point: int


def load(place: Place, clock: Clock, settings: LogSettings) -> Loaded:
    """The log at *place*; an empty one if there is none."""
    segments = Segments(place.storage, place.folder, clock, settings)
    epochs = LeaderEpochs(place.storage, place.folder)
    snapshots = Snapshots(place.storage, place.folder)
    producers = place.producers(snapshots)
    if not place.is_clean:
        _recover(place, segments, epochs, snapshots, clock)
    if len(segments) == 0 or segments.log_end_offset < place.log_start_offset:
        _start_anew(place, segments, epochs, producers)
    epochs.truncate_from_end(segments.log_end_offset)
    epochs.truncate_from_start(place.log_start_offset)
    log_start_offset = max(place.log_start_offset, segments.base_offsets[0])
    snapshots.delete_stray(frozenset(segments.base_offsets))
    rebuild(
        producers,
        segments,
        log_start_offset=log_start_offset,
        end_offset=segments.log_end_offset,
        now_ms=clock.now_ms,
        is_clean=place.is_clean,
    )
    recovery_point = segments.log_end_offset if place.is_clean else min(place.recovery_point, segments.log_end_offset)
    return Loaded(segments, epochs, producers, log_start_offset, recovery_point)


def _start_anew(place: Place, segments: Segments, epochs: LeaderEpochs, producers: Producers) -> None:
    """There is no log, or it ends before the log start."""
    if len(segments):
        epochs.clear()
        producers.truncate_fully_and_start_at(place.log_start_offset)
    segments.start_at(place.log_start_offset)


def _recover(place: Place, segments: Segments, epochs: LeaderEpochs, snapshots: Snapshots, clock: Clock) -> None:
    """Read what may not have been synced; from the first batch that is not as it was written, everything is gone."""
    unflushed = segments.between(place.recovery_point, 2**63)
    for index, segment in enumerate(unflushed):
        producers = place.producers(snapshots)
        rebuild(
            producers,
            segments,
            log_start_offset=place.log_start_offset,
            end_offset=segment.base_offset,
            now_ms=clock.now_ms,
            is_clean=False,
        )
        is_whole = _recover_segment(segment, producers, epochs)
        producers.take_snapshot()
        if not is_whole:
            gone = tuple(later.base_offset for later in unflushed[index + 1 :])
            segments.remove(gone)
            for base_offset in gone:
                snapshots.delete(base_offset)
            segments.log_end_offset = segment.next_offset
            return


def _recover_segment(segment: Segment, producers: Producers, epochs: LeaderEpochs) -> bool:
    """
    Whether everything in *segment* is as it was written; if not, the rest is cut off.

    Its transaction index is written anew. Source: ``LogSegment.recover``.
    """
    segment.aborted.truncate(segment.base_offset)
    valid = 0
    for data in segment.batches():
        if not has_valid_crc(data):
            break
        header = read_header(data)
        epoch = header.partition_leader_epoch
        if epoch >= 0 and (epochs.latest is None or epoch > epochs.latest):
            epochs.assign(epoch, header.base_offset)
        aborted = noted(producers, data, header)
        if aborted is not None:
            segment.aborted.append(aborted)
        valid += 1
    is_whole = valid == len(segment) and not segment.has_partial_batch
    if not is_whole:
        segment.keep(valid)
    return is_whole
