"""A violation as a test file: it fails for as long as the pipeline can go wrong."""

import pprint
import re
from collections.abc import Mapping, Sequence

from jinja2 import Template

PAGE = Template('''\
"""{{ name }} keeps {{ claim }}; once it did not:

{% for step in steps %}{{ loop.index }}. {{ step }}
{% endfor %}"""

from ackproof.config.reading import pipeline_in
from ackproof.judging.judge import judge

PIPELINE = {{ pipeline }}


def test_{{ test }}() -> None:
    judgement = judge(pipeline_in(PIPELINE))

    assert [(verdict.claim, verdict.answer) for verdict in judgement.verdicts] == [("{{ claim }}", "holds")]
''')


def as_test(name: str, claim: str, pipeline: Mapping[str, object], steps: Sequence[str]) -> str:
    """
    The file.

    Args:
        name: Of the pipeline.
        claim: That was violated.
        pipeline: What was judged, in the words of a pipeline file.
        steps: The execution in sentences.
    """
    asked = {**pipeline, "claims": {"expect": [claim]}}
    test = re.sub(r"\W+", "_", f"{name} keeps {claim}".lower()).strip("_")
    text = pprint.pformat(asked, width=100, sort_dicts=False)
    sentences = [step.replace("\\", "\\\\").replace('"""', "'''") for step in steps]
    page: str = PAGE.render(name=name, claim=claim, steps=sentences, pipeline=text, test=test)
    return page + "\n"
