"""An application that commits asynchronously, and what its callback does about a commit that failed."""

from collections.abc import Callable, Iterator

import attrs

from ackproof.model.faults import FAULTS, Faults
from ackproof.model.system import Next, System, action

Retry = Callable[[int, int], bool]
"""(the offset whose commit failed, the newest offset committed since) to whether the callback commits it again."""


def never(failed: int, newest: int) -> bool:
    """The next commit makes good for it."""
    return False


def always(failed: int, newest: int) -> bool:
    """Whatever was committed since."""
    return True


def unless_outdated(failed: int, newest: int) -> bool:
    """Only if nothing was committed since."""
    return failed == newest


@attrs.frozen(cache_hash=True)
class Application:
    """
    A consumer's application.

    Attributes:
        newest: The offset that it committed last.
        failed: Offsets whose commits have failed and whose callbacks are still to run.
    """

    newest: int = 0
    failed: tuple[int, ...] = ()


@attrs.frozen(cache_hash=True)
class Coordinator:
    """The group coordinator: commits on their way to it, in the order of sending, and what is stored."""

    on_the_way: tuple[int, ...] = ()
    committed: int = 0
    highest: int = 0


@action
def commit_async(records: int, application: Application, coordinator: Coordinator) -> Iterator[Next]:
    """
    The application has processed one more record and commits, without waiting (``commitAsync``).

    Callbacks that are due run first (``ConsumerCoordinator.invokeCompletedOffsetCommitCallbacks``).
    """
    offset = application.newest + 1
    if offset <= records and not application.failed:
        sent = attrs.evolve(coordinator, on_the_way=(*coordinator.on_the_way, offset))
        says = f"the application asks to commit offset {offset}"
        yield Next(says, application=attrs.evolve(application, newest=offset), coordinator=sent)


def has_a_request(coordinator: Coordinator) -> bool:
    """Whether a commit is on its way."""
    return bool(coordinator.on_the_way)


@action(when={"coordinator": has_a_request})
def store(coordinator: Coordinator) -> Iterator[Next]:
    """The coordinator stores the commit that arrives, whatever it has (``OffsetMetadataManager.commitOffset``)."""
    offset, *later = coordinator.on_the_way
    after = Coordinator(tuple(later), offset, max(offset, coordinator.highest))
    yield Next(f"the group coordinator stores offset {offset}", coordinator=after)


@action(fault="coordinator-failover", when={"coordinator": has_a_request})
def refuse(application: Application, coordinator: Coordinator) -> Iterator[Next]:
    """A new coordinator still loads the group; the client does not send an asynchronous commit again by itself."""
    offset, *later = coordinator.on_the_way
    says = f"a new group coordinator refuses the commit of offset {offset}: COORDINATOR_LOAD_IN_PROGRESS"
    failed = attrs.evolve(application, failed=(*application.failed, offset))
    yield Next(says, application=failed, coordinator=attrs.evolve(coordinator, on_the_way=tuple(later)))


@action
def call_back(retry: Retry, application: Application, coordinator: Coordinator) -> Iterator[Next]:
    """The callback hears RetriableCommitFailedException (``ConsumerCoordinator.doCommitOffsetsAsync``)."""
    if not application.failed:
        return
    offset, *others = application.failed
    heard = attrs.evolve(application, failed=tuple(others))
    if retry(offset, application.newest):
        sent = attrs.evolve(coordinator, on_the_way=(*coordinator.on_the_way, offset))
        yield Next(f"its callback asks to commit offset {offset} again", application=heard, coordinator=sent)
    else:
        yield Next(f"its callback lets the commit of offset {offset} go", application=heard)


def asynchronous_commits(retry: Retry, *, records: int = 2, faults: int = 1) -> System:
    """An application that commits each of its *records* asynchronously."""
    return System(
        initial={"application": Application(), "coordinator": Coordinator(), FAULTS: Faults(faults)},
        actions=(commit_async, store, refuse, call_back),
        rules={"retry": retry, "records": records},
    )
