"""Pipelines as people have them, each decided in no time."""

SAFE = """
[consumer]
commit = "sync"
[consumer.config]
"group.id" = "ledger"
"auto.offset.reset" = "earliest"
[faults]
at_most = 1
kinds = ["consumer-crash"]
[claims]
expect = ["at-least-once", "in-order"]
[bounds]
records = 2
"""

LOSING = """
[consumer]
commit = "sync"
commit_when = "before-processing"
[consumer.config]
"group.id" = "ledger"
"auto.offset.reset" = "earliest"
[faults]
at_most = 1
kinds = ["consumer-crash"]
[claims]
expect = ["at-least-once", "at-most-once"]
[bounds]
records = 1
"""

UNDECIDED = """
kafka = "0.10.1"
[consumer]
[consumer.config]
"group.id" = "ledger"
"auto.offset.reset" = "earliest"
[claims]
expect = ["in-order"]
"""

BAD = """
[consumer]
[consumer.config]
"group.id" = "ledger"
"auto.offset.reset" = "sometimes"
"""
