"""What the properties file of ``--command-config`` says of how to connect."""

import ssl
from pathlib import Path

import pytest
import trustme

from ackproof.cli import init, lag
from ackproof.clusters.securing import options_of, secured
from ackproof.config.files.problems import BadConfiguration
from ackproof.reference.serving.securing import PLAINTEXT, Login

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "client.properties"


def test_without_a_file_nothing_is_secured() -> None:
    assert secured(None) == PLAINTEXT


def test_other_settings_say_nothing(file: Path) -> None:
    file.write_text("client.id=me\nssl.truststore.location=nowhere.jks\n")

    assert secured(file) == PLAINTEXT


def test_who_logs_in_is_read_as_java_reads_it(file: Path) -> None:
    file.write_text(
        "security.protocol=sasl_plaintext\nsasl.mechanism=SCRAM-SHA-256\n"
        f'sasl.jaas.config={SCRAM} required \\\n  username="al#ice" password="it\'s; \\\\"quoted\\\\"" other=b;\n'
    )

    assert secured(file).login == Login("SCRAM-SHA-256", "al#ice", 'it\'s; "quoted"')
    assert "quoted" not in repr(secured(file))


def test_certificates_are_trusted_and_shown(file: Path) -> None:
    authority = trustme.CA()
    own = authority.issue_cert("me")
    own.private_key_and_cert_chain_pem.write_to_path(file.with_name("own.pem"))
    inline = authority.cert_pem.bytes().decode().replace("\n", "\\n")
    file.write_text(
        f"security.protocol=SSL\nssl.truststore.certificates={inline}\n"
        f"ssl.keystore.type=PEM\nssl.keystore.location={file.with_name('own.pem')}\n"
        "ssl.endpoint.identification.algorithm=\n"
    )
    tls = secured(file).tls

    assert tls is not None
    assert len(tls.get_ca_certs()) == 1
    assert tls.verify_mode == ssl.CERT_REQUIRED
    assert not tls.check_hostname


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("security.protocol=TLS", ":1: security.protocol: TLS is none of PLAINTEXT, SSL"),
        ("security.protocol=SASL_SSL", ": sasl.mechanism: GSSAPI, the default, is not known here, but PLAIN"),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=OAUTHBEARER",
            ":2: sasl.mechanism: OAUTHBEARER is not known here, but PLAIN",
        ),
        ("security.protocol=SSL\nssl.keystore.key=k", ":2: ssl.keystore.key: can be read here only from a file"),
        ("sasl.mechanism=PLAIN\nsecurity.protocol=SASL_PLAINTEXT", ": sasl.jaas.config: is to be MODULE required"),
        (
            'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=M required username="me";',
            ":3: sasl.jaas.config: names no password",
        ),
        ("security.protocol=SSL\nssl.truststore.location=a.jks", ":2: ssl.truststore.location: is of the type JKS"),
        ("security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location=gone.pem", ":3: .*gone.pem: No such"),
        ("security.protocol=SSL\nssl.truststore.certificates=none", ":2: ssl.truststore.certificates: "),
        ("\\u12", "can not read the escape"),
    ],
)
def test_what_is_bad_is_told_with_its_line(text: str, says: str, file: Path) -> None:
    file.write_text(text)

    with pytest.raises(BadConfiguration, match=says) as bad:
        secured(file)
    assert str(bad.value).startswith(str(file))


@pytest.mark.parametrize("jaas", ["", 'M required username="me"', 'M required a b "c";', "M required a=;"])
def test_a_login_module_that_can_not_be_read_is_refused(jaas: str) -> None:
    with pytest.raises(ValueError, match="is to be"):
        list(options_of(jaas))


def test_a_file_that_is_bad_is_bad_usage(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("security.protocol=TLS")

    assert lag(bootstrap="localhost:1", command_config=file) == 3
    assert init(bootstrap="localhost:1", command_config=file) == 3
    assert capsys.readouterr().err.count("security.protocol") == 2


def test_it_needs_a_cluster(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lag(command_config=file) == 3
    assert init(("application.yml",), command_config=file) == 3
    assert capsys.readouterr().err.count("--bootstrap") == 2
