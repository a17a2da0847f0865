import asyncio
import time

from ackproof.reference.serving.clock import STEPS_OF_AN_ANSWER, LoopClock


def test_it_tells_the_time_of_day() -> None:
    async def scene() -> None:
        clock = LoopClock(asyncio.get_running_loop())

        assert abs(clock.now_ms - time.time() * 1_000) < 1_000

    asyncio.run(scene())


def test_what_is_due_happens_in_order_and_never_too_early() -> None:
    async def scene() -> None:
        clock = LoopClock(asyncio.get_running_loop())
        began_ms, happened = clock.now_ms, list[tuple[str, bool]]()
        over = asyncio.Event()

        def note(name: str, at_ms: int) -> None:
            happened.append((name, clock.now_ms >= at_ms))

        for name, at_ms in (("later", began_ms + 20), ("sooner", began_ms + 10), ("passed", began_ms - 5)):
            clock.call_at(at_ms, lambda name=name, at_ms=at_ms: note(name, at_ms))  # type: ignore[misc]  # defaults bind
        clock.call_at(began_ms + 30, over.set)
        nothing_yet = list(happened)
        await over.wait()

        assert nothing_yet == []
        assert happened == [("passed", True), ("sooner", True), ("later", True)]

    asyncio.run(scene())


def test_what_is_cancelled_does_not_happen() -> None:
    async def scene() -> None:
        clock = LoopClock(asyncio.get_running_loop())
        happened: list[int] = []
        clock.call_at(clock.now_ms + 5, lambda: happened.append(1)).cancel()
        done = asyncio.Event()
        clock.call_at(clock.now_ms + 20, done.set)
        await done.wait()

        assert happened == []

    asyncio.run(scene())


def test_who_waits_until_nothing_is_due_lets_an_answer_come_first() -> None:
    async def scene() -> None:
        clock = LoopClock(asyncio.get_running_loop())
        happened, over = list[str](), asyncio.Event()

        def answered(steps: int) -> None:
            if steps:
                clock.call_soon(lambda: answered(steps - 1))
            else:
                happened.append("answered")

        def idle() -> None:
            happened.append("idle")
            over.set()

        answered(STEPS_OF_AN_ANSWER)
        clock.call_when_idle(idle)
        await over.wait()

        assert happened == ["answered", "idle"]

    asyncio.run(scene())
