"""The files of a run: all verdicts on one page, and as one SARIF document."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

Json = dict[str, object]


def write(folder: Path, found: Sequence[Mapping[str, object]]) -> list[str]:
    """
    Write what was found, in the order of files and claims, whichever process found it when.

    Returns:
        The files, and those of violations, which were written as they were found.
    """
    told = sorted(found, key=lambda one: (str(one["file"]), str(one["claim"])))
    page, document = folder / "ackproof.md", folder / "ackproof.sarif"
    page.write_text("\n".join(str(one["markdown"]) for one in told), encoding="utf-8")
    document.write_text(merged([str(one["sarif"]) for one in told]), encoding="utf-8")
    return [str(page), str(document), *(file for one in told for file in cast("list[str]", one.get("files", [])))]


def merged(documents: Sequence[str]) -> str:
    """One SARIF document of several, with one run: that is what GitHub takes."""
    all_of_them = [cast("Json", json.loads(document)) for document in documents]
    results, rules = list[Json](), dict[object, Json]()
    for document in all_of_them:
        (run,) = cast("list[Json]", document["runs"])
        rules |= {rule["id"]: rule for rule in rules_of(run)}
        results += [result for result in cast("list[Json]", run["results"]) if result not in results]
    names = list(rules)
    first = all_of_them[0]
    (run,) = cast("list[Json]", first["runs"])
    driver = cast("Json", cast("Json", run["tool"])["driver"])
    whole = {"driver": {**driver, "rules": list(rules.values())}}
    numbered = [{**result, "ruleIndex": names.index(result["ruleId"])} for result in results]
    return json.dumps({**first, "runs": [{"tool": whole, "results": numbered}]}, indent=1, ensure_ascii=False) + "\n"


def rules_of(run: Json) -> list[Json]:
    """The rules of a run."""
    return cast("list[Json]", cast("Json", cast("Json", run["tool"])["driver"])["rules"])
