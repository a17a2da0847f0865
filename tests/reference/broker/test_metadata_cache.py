"""What a broker knows of the cluster."""

from uuid import UUID

from ackproof.reference.broker.apis.metadata_cache import MetadataCache
from ackproof.reference.controller.image import Image, TopicImage


def image(offset: int, **topics: int) -> Image:
    """An image with topics, each with an id."""
    return Image(
        offset=offset, topics={name: TopicImage(name, UUID(int=number), ()) for name, number in topics.items()}
    )


def test_the_version_of_the_newest_topic_is_that_of_the_image_in_which_it_was_new() -> None:
    cache = MetadataCache()
    versions: list[int] = []

    for each in (image(1, a=1), image(2, a=1), image(3, a=1, b=2), image(4, a=1), image(5, a=3)):
        cache.hear(each)
        versions.append(cache.newest_topic_version)

    assert versions == [1, 1, 3, 3, 5]
    assert (cache.version, list(cache.names)) == (5, ["a"])
