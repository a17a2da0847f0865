"""The messages that had another shape in old versions."""

from ackproof.reference.protocol.group_shapes import GROUP_SHAPES
from ackproof.reference.protocol.topic_shapes import TOPIC_SHAPES
from ackproof.reference.protocol.transaction_shapes import TRANSACTION_SHAPES

SHAPES = {shape.key: shape for shape in (*GROUP_SHAPES, *TOPIC_SHAPES, *TRANSACTION_SHAPES)}
"""The old shape of each, by the key of its API and whether it is about requests."""
