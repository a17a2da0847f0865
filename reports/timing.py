"""What times and rates allow or rule out, for people and for programs."""

from collections.abc import Iterator

from rich.text import Text

from ackproof.properties.timing import Threshold, TimingAnswer, TimingVerdict

Line = tuple[Text, Text]
"""How a line begins, and what it says."""

SIGN: dict[TimingAnswer, tuple[str, str]] = {
    "cannot happen": ("✓", "green"),
    "can happen": ("✗", "red"),
    "at most": ("≤", "cyan"),
    "no bound": ("✗", "red"),
    "unknown": ("?", "yellow"),
}


def headline(verdict: TimingVerdict) -> Text:
    """What may happen, and whether it can."""
    sign, colour = SIGN[verdict.answer]
    answer = "" if verdict.answer == "at most" else f": {verdict.answer}"
    return Text(f"{sign} {verdict.question}{answer}", style=f"bold {colour}")


def lines(verdict: TimingVerdict) -> Iterator[Line]:
    """What follows: the example or how near it comes, where it is safe, and what is missing."""
    if verdict.answer != "cannot happen":
        yield Text(""), Text(verdict.asks, style="dim")
    if verdict.says:
        yield Text("such as" if verdict.answer == "can happen" else ""), Text(verdict.says)
    for number, threshold in enumerate(verdict.thresholds):
        yield Text("safe" if number == 0 else "", style="green"), Text(worded(threshold))
    if verdict.missing:
        why = "" if verdict.answer == "unknown" else ", to say from where on it is safe"
        yield Text("needs"), Text(", ".join(verdict.missing) + why)
    if verdict.rules_out:
        yield Text("so", style="dim"), Text(f"{', '.join(verdict.rules_out)}: not injected", style="dim")


def worded(threshold: Threshold) -> str:
    """As far as a key can be moved."""
    if threshold.value is None:
        return f"at no value of {threshold.key} alone"
    return f"{threshold.direction} {threshold.key} = {threshold.value:,}"


def document(verdict: TimingVerdict) -> dict[str, object]:
    """The same for programs."""
    thresholds = [
        {"key": threshold.key, "safe": threshold.direction, "value": threshold.value}
        for threshold in verdict.thresholds
    ]
    return {
        "question": verdict.question,
        "asks": verdict.asks,
        "explains": verdict.explains,
        "answer": verdict.answer,
        "says": verdict.says,
        "values": {name: int(value) if value.is_integer() else value for name, value in verdict.values.items()},
        "thresholds": thresholds,
        "missing": list(verdict.missing),
        "rests_on": list(verdict.rests_on),
        "assumptions": list(verdict.assumptions),
        "source": verdict.source,
        "rules_out": list(verdict.rules_out),
    }
