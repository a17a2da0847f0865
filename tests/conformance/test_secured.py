"""A real Kafka 4.3.1 lets in who logs in as it asks for, over TLS and without, and tells why others are not let in."""

import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ackproof.cli import lag
from ackproof.clusters.securing import secured
from ackproof.reference.protocol.request import Address
from ackproof.reference.surveying.live import survey
from ackproof.reference.surveying.survey import UnreachableError
from tests.conformance import kafka

pytestmark = pytest.mark.slow

MODULE = "org.apache.kafka.common.security"
JAAS = {
    "PLAIN": f'{MODULE}.plain.PlainLoginModule required username="alice" password="a;secret" user_alice="a;secret";',
    "SCRAM-SHA-256": f'{MODULE}.scram.ScramLoginModule required username="bob" password="scr=am";',
    "SCRAM-SHA-512": f'{MODULE}.scram.ScramLoginModule required username="bob" password="scr=am";',
}


@attrs.frozen
class Broker:
    """Where a broker listens by each security protocol, and the certificate of who signed its own."""

    ports: Mapping[str, int]
    authority: Path


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A real broker that listens in each way."""
    folder = tmp_path_factory.mktemp("kafka")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    certificate = authority.issue_cert("127.0.0.1")
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    own = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + chain
    (folder / "broker.pem").write_bytes(own)
    names = ("SSL", "SASL_PLAINTEXT", "SASL_SSL")
    ports: dict[str, int] = dict(zip(names, kafka.free_ports(len(names)), strict=True))
    mechanisms = {
        f"listener.name.{name}.{mechanism.lower()}.sasl.jaas.config": jaas
        for name in ("sasl_plaintext", "sasl_ssl")
        for mechanism, jaas in JAAS.items()
    }
    settings = {
        **kafka.SETTINGS,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "sasl.enabled.mechanisms": ",".join(JAAS),
        **mechanisms,
    }
    users = [f"SCRAM-SHA-{size}=[name=bob,password=scr=am]" for size in (256, 512)]
    try:
        with kafka.running(folder, may_download=True, besides=ports, settings=settings, users=users) as plaintext:
            yield Broker({"PLAINTEXT": plaintext, **ports}, folder / "authority.pem")
    except kafka.UnavailableError as why:
        pytest.skip(f"no real broker: {why}")


def config(folder: Path, settings: Mapping[str, object]) -> Path:
    path = folder / "client.properties"
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def of_login(mechanism: str) -> dict[str, object]:
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": JAAS[mechanism]}


def of_tls(broker: Broker) -> dict[str, object]:
    return {"ssl.truststore.type": "PEM", "ssl.truststore.location": broker.authority}


@pytest.mark.parametrize("mechanism", JAAS)
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_who_logs_in_is_let_in(broker: Broker, protocol: str, mechanism: str, tmp_path: Path) -> None:
    settings = {"security.protocol": protocol, **of_login(mechanism), **of_tls(broker)}
    security = secured(config(tmp_path, settings))
    found = survey([Address("127.0.0.1", broker.ports[protocol])], security=security)

    assert found.release == "4.3"


def test_tls_alone_is_enough_where_nobody_logs_in(broker: Broker, tmp_path: Path) -> None:
    file = config(tmp_path, {"security.protocol": "SSL", **of_tls(broker)})

    assert lag(bootstrap=f"127.0.0.1:{broker.ports['SSL']}", command_config=file) == 0


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"sasl.jaas.config": JAAS["PLAIN"].replace("a;secret", "another")}, "Invalid username or password"),
        ({"sasl.mechanism": "SCRAM-SHA-256", "sasl.jaas.config": JAAS["PLAIN"]}, "SCRAM"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    broker: Broker, settings: Mapping[str, object], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = config(tmp_path, {"security.protocol": "SASL_PLAINTEXT", **of_login("PLAIN"), **settings})
    server = f"127.0.0.1:{broker.ports['SASL_PLAINTEXT']}"

    assert lag(bootstrap=server, command_config=file) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert f"{server} does not let us in" in told
    assert reason in told


def test_a_broker_whose_certificate_nobody_trusts_is_not_talked_to(broker: Broker, tmp_path: Path) -> None:
    security = secured(config(tmp_path, {"security.protocol": "SSL"}))

    assert isinstance(security.tls, ssl.SSLContext)
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        survey([Address("127.0.0.1", broker.ports["SSL"])], security=security)


def test_who_says_nothing_of_security_is_told_what_may_be_missing(broker: Broker) -> None:
    for protocol in ("SSL", "SASL_PLAINTEXT"):
        with pytest.raises(UnreachableError, match=r"security\.protocol"):
            survey([Address("127.0.0.1", broker.ports[protocol])])
