"""The director of a pipeline in one piece: one for each half, and what they have to know of each other."""

from collections.abc import Callable

from ackproof.model.consume.consumer import Consumer
from ackproof.reference.consumer.position import Position
from ackproof.reference.refinement.consume.records import PLACE, TOPIC
from ackproof.reference.refinement.directing.brokers import is_level
from ackproof.reference.refinement.directing.director import Director
from ackproof.reference.refinement.directing.group import LONG_MS, GroupDirector
from ackproof.reference.refinement.directing.serving import waited_for
from ackproof.reference.refinement.directing.whole.stage import ReadingSide, WholeStage


class ReadingDirector(GroupDirector):
    """
    Lets things happen to a group whose log may be rolled back.

    A consumer finds out in its next poll that what it has read is gone; in the model it knows at once.
    """

    def __init__(self, side: ReadingSide, order: tuple[int, ...]) -> None:
        super().__init__(side, order)
        self.side = side
        self._asked: dict[int, int] = {}

    def until(self, is_so: Callable[[], bool], what: str, limit_ms: int | None = None) -> None:
        """
        Time passes until something is so, be it the end of a session.

        Raises:
            NotDirectedError: It does not come to that.
        """
        super().until(is_so, what, LONG_MS + self.side.session_timeout_ms if limit_ms is None else limit_ms)

    def place(self, index: int) -> Position | None:
        """From where a consumer reads on as far as it knows, and in which epoch it has read what is before."""
        client = self.reader(index).client
        return None if client is None else client.view().read.get(PLACE)

    def trusted(self, index: int) -> int | None:
        """The same, if it waits for no answer about that."""
        client = self.reader(index).client
        return None if client is None else client.view().positions.get(PLACE)

    def position(self, index: int) -> int | None:
        """From where a consumer reads on, once it has asked what of that is left; nowhere if poll fails."""
        return None if self.reader(index).lost is not None else self.side.validated(self.place(index))

    def forgets(self, index: int, before: Consumer, after: Consumer) -> None:
        """In the model a consumer asks for another offset to be committed, as the log is shorter."""
        if before.to_commit is not None and after.to_commit != before.to_commit:
            self._asked.setdefault(index, before.to_commit)

    def asked(self, index: int, to_commit: int | None) -> int | None:
        """What a consumer asks to be committed: what it was about to before the log was rolled back."""
        return self._asked.pop(index, to_commit)


class WholeDirector:
    """
    Lets things happen to a pipeline in one piece.

    Attributes:
        unaware: Consumers that have yet to ask what is left of what they have read.
    """

    def __init__(self, stage: WholeStage, brokers: tuple[int, ...], order: tuple[int, ...]) -> None:
        self.stage = stage
        self.producing = Director(stage.producing, brokers)
        self.reading = ReadingDirector(stage.reading, order)
        self.unaware: set[int] = set()

    @property
    def readable_to(self) -> int:
        """The offset that consumers can read up to; 0 without a leader."""
        led = self.stage.reading.led(TOPIC)
        return 0 if led is None else led.log.visible_end("high_watermark")

    def shows(self, end: int) -> None:
        """
        Consumers can read up to *end*, as the leader hears of what its followers have.

        Raises:
            NotDirectedError: They can not.
        """
        image = self.stage.producing.image
        if self.readable_to < end and image.leader >= 0:
            for follower in waited_for(self.producing):
                if follower in image.in_sync_replicas and self.producing.has_news(follower):
                    self.producing.tell(follower)
        self.producing.until(lambda: self.readable_to >= end, f"offset {end - 1} becoming readable")
        if not self.stage.producing.setting.brokers.depends_on_stored_watermarks:
            self.tells(end)

    def tells(self, end: int) -> None:
        """Followers in sync that have no more hear so too: whoever of them leads next can show as much."""
        producing, image = self.producing, self.stage.producing.image
        for follower in image.in_sync_replicas:
            log = producing.log(follower)
            is_through = log is not None and log.log_end_offset == end and is_level(producing, follower)
            if follower != image.leader and log is not None and is_through and log.high_watermark < end:
                producing.gets(follower)

    def outlasts(self, broker: int) -> None:
        """
        The leader waits no longer for a follower that is back and was in sync lately, unless others are behind now.

        Source: ``Partition.maybeIncrementLeaderHW``, ``isCaughtUp``.
        """
        producing, image = self.producing, self.stage.producing.image
        others = [each for each in image.in_sync_replicas if each != image.leader]
        is_quiet = all(is_level(producing, each) and not producing.has_news(each) for each in others)
        if image.leader >= 0 and broker not in image.in_sync_replicas and is_quiet:
            self.stage.clock.run_until(self.stage.clock.now_ms + self.stage.producing.lag_ms)
