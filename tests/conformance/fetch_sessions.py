"""Fetches of several partitions, in sessions (KIP-227), with mistakes in which and whose turn it is."""

from collections import defaultdict
from typing import Literal, cast

import attrs
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.fetch.v12.request import FetchPartition, FetchRequest, FetchTopic, ForgottenTopic
from kio.schema.fetch.v12.response import FetchResponse
from kio.static.protocol import ResponsePayload

from ackproof.reference.protocol.converting import to_canonical
from ackproof.reference.protocol.primitive import TopicName, duration, i8, i32, i64
from tests.conformance.story import Hears, Story

UNKNOWN_SESSION = 2**31 - 1

Turn = Literal["new", "next", "early", "unknown", "end", "none"]
Place = tuple[int, int]
"""A topic and a partition."""


@attrs.frozen(kw_only=True)
class SessionFetch:
    """
    A fetch that does not wait.

    Attributes:
        turn: Whether it begins a session, goes on with it, is too early or of none that there is, ends it, or has none.
        places: What it reads, each from an offset.
        forgets: What of the session it reads no more.
    """

    version: int
    turn: Turn
    places: tuple[tuple[Place, int], ...]
    forgets: tuple[Place, ...]
    isolation: int
    max_bytes: int
    partition_max_bytes: int
    slot: int = 0
    hears: Hears = "an answer"

    def session(self, story: Story) -> tuple[int, int]:
        """The id and the epoch that it says."""
        session_id, epoch = story.session
        return {
            "new": (session_id, 0),
            "next": (session_id, epoch),
            "early": (session_id, epoch + 1),
            "unknown": (UNKNOWN_SESSION, epoch),
            "end": (session_id, -1),
            "none": (0, -1),
        }[self.turn]

    def request(self, story: Story) -> FetchRequest:
        session_id, epoch = self.session(story)
        asked = defaultdict[int, list[FetchPartition]](list)
        for (topic, partition), offset in self.places:
            asked[topic].append(
                FetchPartition(
                    partition=i32(partition),
                    fetch_offset=i64(offset),
                    partition_max_bytes=i32(self.partition_max_bytes),
                )
            )
        forgotten = defaultdict[int, list[i32]](list)
        for topic, partition in self.forgets:
            forgotten[topic].append(i32(partition))
        return FetchRequest(
            max_wait=duration(0),
            min_bytes=i32(0),
            max_bytes=i32(self.max_bytes),
            isolation_level=i8(self.isolation),
            session_id=i32(session_id),
            session_epoch=i32(epoch),
            topics=tuple(
                FetchTopic(topic=TopicName(story.topic(topic)), partitions=tuple(partitions))
                for topic, partitions in asked.items()
            ),
            forgotten_topics_data=tuple(
                ForgottenTopic(topic=TopicName(story.topic(topic)), partitions=tuple(partitions))
                for topic, partitions in forgotten.items()
            ),
        )

    def heard(self, story: Story, answer: ResponsePayload) -> None:
        said = cast("FetchResponse", to_canonical(answer))
        if said.error_code is not ErrorCode.none:
            return
        if self.turn == "new":
            story.session = said.session_id, 1
        elif self.turn == "next":
            story.session = story.session[0], story.session[1] + 1


PLACES = st.tuples(st.sampled_from([0, 0, 0, 1, 2, 3]), st.sampled_from([0, 0, 1, 1, 2]))
READS = st.lists(st.tuples(PLACES, st.sampled_from([0, 0, 1, 2, 3, 50])), max_size=4, unique_by=lambda read: read[0])
STEPS = st.builds(
    SessionFetch,
    version=st.integers(7, 12),
    turn=st.sampled_from(["new", "new", "next", "next", "next", "next", "early", "unknown", "end", "none"]),
    places=READS.map(tuple),
    forgets=st.lists(PLACES, max_size=2, unique=True).map(tuple),
    isolation=st.sampled_from([0, 1]),
    max_bytes=st.sampled_from([1 << 20, 1 << 20, 200, 0]),
    partition_max_bytes=st.sampled_from([1 << 20, 1 << 20, 100]),
)
