"""How z3 answers a question of timing: a proof or an example, and how far each key can be moved."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor

import attrs

from ackproof.proofs.logic import Number, Truth
from ackproof.proofs.timing.quantity import UndecidedError, is_satisfiable, known, least, most, quantity
from ackproof.proofs.timing.question import Answer, Decision, Question, Threshold
from ackproof.proofs.timing.scene import Scenario, Scene, Unknown, worded
from ackproof.proofs.timing.setting import Setting

Values = Mapping[str, Fraction]


def answered(question: Question, setting: Setting) -> Answer:
    """What can be said to *question* there."""
    scene = Scene(setting)
    scenario = question.scenario(scene)
    missing = tuple(scene.missing)
    try:
        if missing and not _happens_anyway(scene, scenario):
            return Answer(question=question, decision="unknown", missing=missing)
        found = _found(question, scene, scenario)
    except UndecidedError as why:
        return Answer(question=question, decision="unknown", tells=f"z3 gave up: {why}")
    return attrs.evolve(found, missing=missing, rests_on=tuple(scene.rests_on))


def decided(question: Question, setting: Setting) -> Decision:
    """The same in a word, and sooner."""
    scene = Scene(setting)
    scenario = question.scenario(scene)
    try:
        if scene.missing:
            return "can happen" if _happens_anyway(scene, scenario) else "unknown"
        if scenario.limit is not None:
            return "can happen" if is_satisfiable(_happens(scene, scenario)) else "cannot happen"
        found = most(scenario.quantity, scene.conditions)
    except UndecidedError:
        return "unknown"
    return "no bound" if found is None or found.value is None else "at most"


def _found(question: Question, scene: Scene, scenario: Scenario) -> Answer:
    if scenario.limit is None:
        return _bound(question, scene, scenario)
    happens = is_satisfiable(_happens(scene, scenario))
    found = _example(question, scene, scenario) if happens else _ruled_out(question, scene, scenario)
    if scene.missing:
        # Where a key is safe depends on what nobody measured.
        return found
    thresholds = _thresholds(question, scene.setting)
    if found.decision == "cannot happen":
        thresholds = (one for one in thresholds if one.value is not None)
    return attrs.evolve(found, thresholds=tuple(thresholds))


def _happens_anyway(scene: Scene, scenario: Scenario) -> bool:
    """Whether it happens however long that takes which nobody measured."""
    return scenario.limit is not None and scene.lacks_times_alone and is_satisfiable(_happens(scene, scenario))


def _happens(scene: Scene, scenario: Scenario) -> Iterator[Truth]:
    """All that is true where it happens."""
    assert scenario.limit is not None
    limit = known(scenario.limit) if isinstance(scenario.limit, int) else scene.key(scenario.limit)
    yield scenario.quantity >= limit if scenario.is_late_at_limit else scenario.quantity > limit
    yield from scene.conditions


def _limit(scene: Scene, scenario: Scenario) -> str:
    if not isinstance(scenario.limit, str):
        return f"the limit is {scenario.limit:,}"
    key = scene.setting.keys[scenario.limit]
    return f"{key.name} = {key.value:,}"


def _bound(question: Question, scene: Scene, scenario: Scenario) -> Answer:
    """The answer to a question that asks how large something can be."""
    found = most(scenario.quantity, scene.conditions)
    assert found is not None, "the ranges contradict each other"
    if found.value is None:
        return Answer(question=question, decision="no bound", tells=f"any number of {scenario.unit}{scenario.remark}")
    value = _counted(scenario, found.value)
    tells = f"at most {worded(value)} {scenario.unit}{scenario.remark}"
    return Answer(question=question, decision="at most", tells=tells, values={"at_most": value})


def _ruled_out(question: Question, scene: Scene, scenario: Scenario) -> Answer:
    """What is proved, with how near it comes."""
    found = most(scenario.quantity, scene.conditions)
    if found is None:
        tells = f"{scenario.never}; {_limit(scene, scenario)}"
        return Answer(question=question, decision="cannot happen", tells=tells)
    assert found.value is not None, "what has no bound passes every limit"
    value = _counted(scenario, found.value)
    tells = f"at most {worded(value)} {scenario.unit}; {_limit(scene, scenario)}"
    return Answer(question=question, decision="cannot happen", tells=tells, values={"at_most": value})


def _counted(scenario: Scenario, value: Fraction) -> Fraction:
    """What there is at most, where there are no parts of one."""
    return Fraction(floor(value)) if scenario.is_whole else value


def _example(question: Question, scene: Scene, scenario: Scenario) -> Answer:
    """How it happens, in numbers that read well."""
    given = list(_happens(scene, scenario))
    values: dict[str, Fraction] = {}
    for unknown in scene.unknowns:
        value = _settled(unknown, given, values.get(unknown.count or "", Fraction(1)) or Fraction(1))
        given.append(_is(unknown.number, value))
        values[unknown.name] = value
    reached = most(scenario.quantity, given)
    assert reached is not None, "the example is one"
    assert reached.value is not None, "all in it is settled"
    parts = ", ".join(filter(None, (scenario.always, *_told(scene, values)))) or "nothing but the limit itself"
    tells = f"{parts}: {worded(reached.value)} {scenario.unit}; {_limit(scene, scenario)}{scenario.remark}"
    return Answer(question=question, decision="can happen", tells=tells, values=dict(_each(scene, values)))


def _each(scene: Scene, values: Values) -> Iterator[tuple[str, Fraction]]:
    """The *values*, of a sum what each part of it is."""
    for unknown in scene.unknowns:
        count = values[unknown.count] if unknown.count else Fraction(1)
        yield unknown.name, values[unknown.name] / (count or 1)


def _told(scene: Scene, values: Values) -> Iterator[str]:
    """The parts of an example that are not nothing."""
    for unknown in scene.unknowns:
        value = values[unknown.name]
        if unknown.count is None and unknown.says and value:
            yield unknown.says.format(worded(value))
        elif unknown.count is not None and (count := values[unknown.count]):
            yield f"{worded(count)} {unknown.says.format(worded(value / count))}"


def _settled(unknown: Unknown, given: list[Truth], unit: Fraction) -> Fraction:
    """The best value that is possible: whole, if there is one near."""
    extreme = (least if unknown.prefers == "least" else most)(unknown.number, given)
    assert extreme is not None, "it happens"
    assert extreme.value is not None, "every unknown has the bound that it prefers"
    near = extreme.value
    whole = ceil(near / unit) * unit
    for value in (whole, near, whole + unit, near + Fraction(1, 1000)):
        if is_satisfiable([*given, _is(unknown.number, value)]):
            return value
    raise UndecidedError("there is no simple example")


def _is(unknown: Number, value: Fraction) -> Truth:
    return (unknown >= known(value)) & (unknown <= known(value))


def _thresholds(question: Question, setting: Setting) -> Iterator[Threshold]:
    """How far each key that may decide the answer can be moved."""
    for name, direction in question.decided_by.items():
        if name in setting.keys:
            find = _tried if name in question.counted else _solved
            yield Threshold(setting.keys[name].name, direction, find(question, setting, name))


def _solved(question: Question, setting: Setting, name: str) -> int | None:
    """The last safe value of a key: next to the one at which it begins to happen."""
    scene = Scene(setting, free=name)
    given = list(_happens(scene, question.scenario(scene)))
    is_upwards = question.decided_by[name] == "up to"
    found = (least if is_upwards else most)(quantity(name), given)
    if found is None or found.value is None:
        return None
    last, first = ceil(found.value) - 1, floor(found.value) + 1
    if not found.is_taken:
        last, first = floor(found.value), ceil(found.value)
    value, key = last if is_upwards else first, setting.keys[name]
    return value if key.least <= value <= key.most else None


def _tried(question: Question, setting: Setting, name: str) -> int | None:
    """The smallest safe value of a key, found by halving."""
    low, high = setting.keys[name].least, setting.keys[name].most
    if _happens_with(question, setting, name, high):
        return None
    while low < high:
        middle = (low + high) // 2
        if _happens_with(question, setting, name, middle):
            low = middle + 1
        else:
            high = middle
    return low


def _happens_with(question: Question, setting: Setting, name: str, value: int) -> bool:
    keys = {**setting.keys, name: attrs.evolve(setting.keys[name], value=value)}
    scene = Scene(attrs.evolve(setting, keys=keys))
    return is_satisfiable(_happens(scene, question.scenario(scene)))
