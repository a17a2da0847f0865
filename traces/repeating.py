"""Whether what happened in one system can happen in another one."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from ackproof.model.system import State, System, steps

MOST_STATES = 300
"""How many executions are followed at once; beyond that it counts as possible."""


def can_happen_too(system: System, actions: Sequence[str], holds: Callable[[Mapping[str, Hashable]], bool]) -> bool:
    """
    Whether some execution of *system* takes actions of these names and comes to a state in which *holds* is false.

    It follows all executions at once, so an action of several outcomes may have any of them.
    """
    reached: list[State] = [system.first_state]
    for name in actions:
        after = {step.state: None for state in reached for step in steps(system, state) if step.action.name == name}
        reached = list(after)
        if len(reached) > MOST_STATES:
            return True
    return any(not holds({**system.rules, **system.named(state)}) for state in reached)
