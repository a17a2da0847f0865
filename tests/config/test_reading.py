from pathlib import Path

import pytest

from ackproof.config.files.problems import BadConfiguration
from ackproof.config.files.words import DEFAULT_KINDS
from ackproof.config.pipeline import Bounds, Faults
from ackproof.config.reading import Overrides, pipeline_of_properties, read_pipeline
from tests.config.pipelines import NAME, problems, read

LEAST = "[producer]\n"

BAD: tuple[tuple[str, str | None, int | None, str], ...] = (
    ("", None, None, "neither a producer nor a consumer"),
    ("name = 1\n[producer]", "name", 1, "name must be text in quotes, not 1"),
    ('name = " "\n[producer]', "name", 1, "name must be text in quotes"),
    ("kafka = 4.1\n[producer]", "kafka", 1, "kafka must be text in quotes, not 4.1"),
    ('kafka = "new"\n[producer]', "kafka", 1, "kafka must be a version such as 4.3, not 'new'"),
    ('kafka = "5.0"\n[producer]', "kafka", 1, "kafka 5.0 is newer than the newest that is known, 4.3"),
    ('kafka = "0.9"\n[producer]', "kafka", 1, "kafka 0.9 is older than the oldest that is known, 0.10"),
    ("producer = 1", "producer", 1, "producer must be a table, not 1"),
    ("[[producer]]", "producer", 1, "producer must be a table, not a list"),
    ("[producer]\n[produce]", "produce", 2, "unknown table produce; did you mean producer?"),
    ("nmae = 'x'\n[producer]", "nmae", 1, "unknown key nmae; did you mean name?"),
    ("[producer]\non_restrat = 'x'", "producer.on_restrat", 2, "did you mean on_restart?"),
    ("[producer]\non_restart = 'x'", "producer.on_restart", 2, "producer.on_restart can not be x; known are forget"),
    ("[producer]\non_restart = 1", "producer.on_restart", 2, "must be text in quotes, not 1"),
    ("[producer]\nclient = 'kafkapython'", "producer.client", 2, "did you mean kafka-python?"),
    ("[producer]\nclient = 'confluent-kafka'", "producer.client", 2, "did you mean librdkafka?"),
    ("[producer]\nclient = 'sarama'", "producer.client", 2, "known are java, librdkafka, kafka-python, aiokafka"),
    ("[producer]\nclient = 'java x'", "producer.client", 2, "'x' is no version of java"),
    ("[producer]\nclient = 'java 9.9'", "producer.client", 2, "java 9.9 is newer than the newest that is known"),
    ("[producer]\nclient = 'java 0.8.2'", "producer.client", 2, "java 0.8.2 is older than the oldest"),
    ("[producer]\nclient = 'aiokafka 1.0'", "producer.client", 2, "aiokafka 1.0 is newer than"),
    ("[producer]\nproperties = 'none.properties'", "producer.properties", 2, "none.properties: No such file"),
    ("[producer]\nproperties = '.'", "producer.properties", 2, "directory"),
    ('[producer]\nproperties = "a\\u0000b"', "producer.properties", 2, "null"),
    ("[producer]\nproperties = 1", "producer.properties", 2, "must be text in quotes"),
    ("[producer.config]\nacks = [[1], {}]", "producer.config.acks", 2, "acks can not be a list"),
    ("[producer]\nconfig = 'x'", "producer.config", 2, "producer.config must be a table, not 'x'"),
    ("[consumer]\ninstances = 0", "consumer.instances", 2, "must be a whole number of at least 1, not 0"),
    ("[consumer]\ninstances = true", "consumer.instances", 2, "not true"),
    ("[consumer]\nsink = 'kafka'", "consumer.sink", 2, "needs a [producer]"),
    ("[consumer]\ncommit = 'never'", "consumer.commit", 2, "can not be never"),
    ("[producer]\n[faults]\nat_most = -1", "faults.at_most", 3, "must be a whole number of at least 0, not -1"),
    ("[producer]\n[faults]\nat_most = 1.5", "faults.at_most", 3, "not 1.5"),
    ("[producer]\n[faults]\nkinds = 'x'", "faults.kinds", 3, "must be a list, not 'x'"),
    ("[producer]\n[faults]\nkinds = ['broker-crush']", "faults.kinds", 3, "did you mean broker-crash?"),
    ("[producer]\n[faults]\nkinds = [1, [], {}]", "faults.kinds", 3, "there is no kind of fault 1"),
    ("[producer]\n[faults]\nlimits = { x = 1 }", "faults.limits.x", 3, "there is no kind of fault 'x'"),
    (
        "[producer]\n[faults]\nkinds = ['broker-crash']\nlimits = { 'response-lost' = 1 }",
        "faults.limits.response-lost",
        4,
        "a limit for response-lost, which is not one of the kinds",
    ),
    ("[producer]\n[faults]\nlimits = { power-loss = 1 }", "faults.limits.power-loss", 3, "not one of the kinds"),
    ("[producer]\n[faults]\nlimits = { broker-crash = -1 }", "faults.limits.broker-crash", 3, "at least 0"),
    ("[producer]\n[claims]\nexpect = []", "claims.expect", 3, "at least one claim"),
    (
        "[producer]\n[claims]\nexpect = ['no-los']",
        "claims.expect",
        3,
        "there is no claim 'no-los'; did you mean no-loss?",
    ),
    ("[producer]\n[bounds]\nrecords = -1", "bounds.records", 3, "at least 1"),
    ("[producer]\n[bounds]\nrecords = 0", "bounds.records", 3, "at least 1"),
    ("[producer]\n[bounds]\nrecords = '3'", "bounds.records", 3, "not '3'"),
    ("[producer]\n[bounds]\nbudget_s = 0", "bounds.budget_s", 3, "above 0"),
    ("[producer]\n[bounds]\nbudget_s = nan", "bounds.budget_s", 3, "above 0"),
    ("[producer]\n[bounds]\nbudget_s = inf", "bounds.budget_s", 3, "above 0"),
    ("[producer]\n[features]\n'transaction.version' = 3", "features.transaction.version", 3, "from 0 to 2"),
    ("[producer]\n[features]\n'transaction.versoin' = 1", "features.transaction.versoin", 3, "did you mean"),
    ("a = 1\nb =", None, 2, "no valid TOML"),
    ("a = 1\na = 2", None, 2, "no valid TOML"),
    ("[producer]\nx = [", None, 2, "no valid TOML"),
    (f"x = {'[' * 5000}", None, None, "nested too deeply"),
    (f"x = {'9' * 5000}", None, 1, "no valid TOML"),
    (f"[producer.config]\nretries = 0x{'f' * 5000}", "producer.config.retries", 2, "a number beyond 64 bits"),
)


@pytest.mark.parametrize(("text", "key", "line", "message"), BAD)
def test_a_bad_file_is_refused_where_it_is_bad(text: str, key: str | None, line: int | None, message: str) -> None:
    found = [problem for problem in problems(text) if message in problem.message]

    assert [(problem.key, problem.line, Path(problem.file or "").name) for problem in found[:1]] == [(key, line, NAME)]


def test_everything_that_is_wrong_is_reported() -> None:
    text = '[producer]\nclient = "x"\nfoo = 1\n[producer.config]\nacks = 2\n[claims]\nexpect = ["y"]\n'
    text += "[bounds]\nrecords = 0"

    assert [problem.line for problem in problems(text)] == [2, 5, 3, 7, 9]


def test_a_file_that_is_not_utf_8_is_refused_with_the_line() -> None:
    (problem,) = problems(b"[producer]\n# \xff\n")

    assert (problem.line, problem.message) == (2, "the file is not UTF-8")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf[producer]\n").producer


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="No such file"):
        read_pipeline(tmp_path / "none.ackproof.toml")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="directory"):
        read_pipeline(tmp_path)


def test_what_is_left_out_has_its_meaning() -> None:
    found = read("[producer]\n[consumer]\n")

    assert found.producer
    assert found.consumer
    assert (found.name, found.kafka, found.claims) == ("shop", "4.3", ("no-loss", "no-duplicates", "in-order"))
    assert (found.faults, found.names_faults) == (Faults(2, DEFAULT_KINDS, {}), False)
    assert found.bounds == Bounds(3, 60.0)
    assert (found.producer.on_send_failure, found.producer.on_restart) == ("stop", "forget")
    assert (found.consumer.commit, found.consumer.commit_when) == ("auto", "after-processing")
    assert (found.consumer.processing, found.consumer.instances, found.consumer.sink) == ("in-poll-loop", 1, "plain")


def test_what_is_assumed_is_a_notice() -> None:
    found = {notice.key: notice.message for notice in read(LEAST).notices}

    assert found == {
        "replication.factor": "not given: taken as 3",
        "min.insync.replicas": "not given: Kafka's default is 1",
        "producer": "assumed about the application: on_send_failure = stop, on_restart = forget",
    }


def test_kinds_leave_the_number_of_faults() -> None:
    found = read(LEAST + '[faults]\nkinds = ["broker-crash"]\nlimits = { broker-crash = 1 }')

    assert (found.faults, found.names_faults) == (Faults(2, ("broker-crash",), {"broker-crash": 1}), True)


def test_the_command_line_replaces_claims() -> None:
    assert read(LEAST + '[claims]\nexpect = ["in-order"]', Overrides(claims=("drains",))).claims == ("drains",)


def test_the_command_line_replaces_faults() -> None:
    text = LEAST + '[faults]\nat_most = 7\nkinds = ["power-loss"]'

    found = read(text, Overrides(faults="broker-crash, response-lost:1"))

    assert found.faults == Faults(2, ("broker-crash", "response-lost"), {"response-lost": 1})
    assert found.names_faults


def test_a_large_limit_on_the_command_line_makes_room_for_itself() -> None:
    assert read(LEAST, Overrides(faults="broker-crash:3")).faults.at_most == 3


def test_the_command_line_replaces_bounds_and_version() -> None:
    found = read("kafka = '3.1.0'\n[producer]", Overrides(records=5, budget_s=1.5, kafka="2.8"))

    assert (found.bounds, found.kafka) == (Bounds(5, 1.5), "2.8")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (Overrides(claims=("no-los",)), "did you mean no-loss?"),
        (Overrides(claims=()), "at least one claim"),
        (Overrides(faults="x"), "there is no kind of fault 'x'"),
        (Overrides(faults="broker-crash:x"), "a whole number of at least 1, not 'x'"),
        (Overrides(faults="broker-crash:0"), "at least 1"),
        (Overrides(faults="broker-crash,broker-crash:2"), "is named twice"),
        (Overrides(faults=","), "there is no kind of fault ''"),
        (Overrides(records=0), "at least 1"),
        (Overrides(budget_s=-1), "above 0"),
        (Overrides(kafka="9"), "kafka must be a version"),
        (Overrides(kafka="9.0"), "newer"),
    ],
)
def test_a_bad_command_line_is_refused(overrides: Overrides, message: str) -> None:
    (problem,) = problems(LEAST, overrides)

    assert message in problem.message
    assert (problem.file, problem.line) == (None, None)


def test_properties_are_relative_to_the_file() -> None:
    found = read('[producer]\nproperties = "p.properties"', p="\nacks=1\n").producer

    assert found
    assert found.settings["acks"].line == 2
    assert Path(found.settings["acks"].file or "").name == "p.properties"


def test_a_bad_value_that_does_not_count_is_no_problem() -> None:
    text = '[producer]\nproperties = "p.properties"\n[producer.config]\nacks = "1"'

    assert problems(text, p="acks=2\nretries=x\nretries=1\n") == ()


def test_a_problem_in_properties_has_their_file_and_line() -> None:
    (problem,) = problems('[producer]\nproperties = "p.properties"', p="# x\nacks=2\n")

    assert (Path(problem.file or "").name, problem.line, problem.key) == ("p.properties", 2, "acks")


def test_properties_files_make_a_pipeline(tmp_path: Path) -> None:
    files = {"producer": "bootstrap.servers=b:9092\nacks=1", "consumer": "group.id=g", "topic": "flush.messages=1"}
    for name, content in files.items():
        tmp_path.joinpath(name).write_text(content)

    found = pipeline_of_properties(tmp_path / "producer", tmp_path / "consumer", tmp_path / "topic", "3.9")

    assert found.producer
    assert found.consumer
    assert (found.file, found.kafka, found.topic.flush_messages) == (None, "3.9", 1)
    assert (found.producer.acks, found.producer.client.version) == ("1", "3.9.1")
    assert found.consumer.group_id == "g"


def test_required_settings_may_be_set_in_code(tmp_path: Path) -> None:
    path = tmp_path / "producer.properties"
    path.write_text("acks=all\n")

    assert pipeline_of_properties(producer=path).producer


def test_a_topic_alone_is_no_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "topic.properties"
    path.write_text("")

    with pytest.raises(BadConfiguration, match="neither a producer nor a consumer"):
        pipeline_of_properties(topic=path)


def test_a_missing_properties_file_is_refused() -> None:
    with pytest.raises(BadConfiguration, match=r"can not read none\.properties: No such file"):
        pipeline_of_properties(producer="none.properties", overrides=Overrides(kafka="4.1"))


def test_brokers_that_do_not_answer_so_old_a_client_are_told() -> None:
    text = 'kafka = "4.0"\n[producer]\nclient = "java 2.0"\n'

    noted = {notice.key: notice.line for notice in read(text).notices}

    assert noted["producer.client"] == 3
    assert "producer.client" not in {notice.key for notice in read(text.replace("4.0", "3.9")).notices}
