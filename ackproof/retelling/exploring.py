"""``ackproof explore``: a page on this machine on which one walks through a pipeline step by step."""

import json
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ackproof.config.pipeline import Pipeline
from ackproof.config.reading import BadConfiguration, Overrides, read_pipeline
from ackproof.model.system import Step, steps
from ackproof.reports.page.page import drawing, panels, templates
from ackproof.reports.story.telling import told
from ackproof.reports.text import complain
from ackproof.retelling.showing import Part, complain_of, parts
from ackproof.traces.trace import Trace
from ackproof.traces.varying import apart

BAD_USAGE = 3
HOST = "127.0.0.1"
Json = dict[str, object]


def answer(path: Path, port: int, faults: str | None) -> int:
    """Serve the page until somebody stops it; the exit code."""
    try:
        pipeline = read_pipeline(path, overrides=Overrides(faults=faults))
        server = ThreadingHTTPServer((HOST, port), handler_of(pipeline))
    except BadConfiguration as bad:
        return complain_of(bad)
    except (OSError, OverflowError) as problem:
        complain(f"can not listen on {HOST}:{port}: {problem}")
        return BAD_USAGE
    with server:
        sys.stdout.write(f"explore {pipeline.name} on http://{HOST}:{server.server_address[1]}/ until Ctrl-C\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
    return 0


def handler_of(pipeline: Pipeline) -> type[BaseHTTPRequestHandler]:
    """What answers requests about *pipeline*. It keeps nothing: each request has the whole path."""
    known = parts(pipeline)

    class Handler(BaseHTTPRequestHandler):
        """Answers with the page, or with a state of it."""

        def do_GET(self) -> None:
            """Answer one request."""
            url = urlsplit(self.path)
            if url.path == "/":
                page = templates().get_template("explore.html").render(name=pipeline.name, parts=list(known))
                self.reply(HTTPStatus.OK, "text/html; charset=utf-8", page)
            elif url.path == "/state":
                self.reply_state({name: values[0] for name, values in parse_qs(url.query).items()})
            else:
                self.reply(HTTPStatus.NOT_FOUND, "text/plain", "there is nothing here\n")

        def reply_state(self, asked: Mapping[str, str]) -> None:
            """Answer with the state at the end of a path."""
            try:
                numbers = [int(number) for number in asked.get("path", "").split(".") if number]
                found = state(known[asked.get("part", "")], numbers)
            except (KeyError, ValueError, IndexError):
                self.reply(HTTPStatus.BAD_REQUEST, "text/plain", "there is no such path\n")
            else:
                self.reply(HTTPStatus.OK, "application/json", json.dumps(found, ensure_ascii=False))

        def reply(self, status: HTTPStatus, kind: str, text: str) -> None:
            """Send an answer."""
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class calls it so
            """Say nothing."""

    return Handler


def state(part: Part, path: list[int]) -> Json:
    """
    What the page shows at the end of a *path*: the number of the step taken in each state.

    Raises:
        IndexError: A state has no step of that number.
    """
    trace = walked(part, path)
    story = told(trace)
    choices = steps(apart(part.system), trace.states[-1])
    rows = zip(story.panels[-1], panels(story)[-1], strict=True)
    return {
        "drawing": drawing(story, "what has happened"),
        "choices": [{"says": step.says, "fault": step.action.fault} for step in choices],
        "rows": [[row.lane, row.label, row.value, is_new] for row, (_, is_new) in rows],
        "truths": list(truths(part, trace)),
    }


def walked(part: Part, path: list[int]) -> Trace:
    """The execution that takes the steps of a *path*."""
    system = apart(part.system)
    taken, at = list[Step](), system.first_state
    for number in path:
        taken.append(steps(system, at)[number])
        at = taken[-1].state
    return Trace(tuple(system.initial), system.first_state, tuple(taken))


def truths(part: Part, trace: Trace) -> Iterator[Json]:
    """Each statement, whether it is to hold, whether it is true now, and whether it was before the last step."""
    ends = [{**part.system.rules, **part.system.named(each)} for each in (trace.states[-1], trace.states[-2:][0])]
    for statements, is_claim in ((part.claims, True), (part.conditions, False)):
        for statement in statements.values():
            now, before = (statement(values) for values in ends)
            yield {"says": statement.says, "isClaim": is_claim, "now": now, "before": before}
