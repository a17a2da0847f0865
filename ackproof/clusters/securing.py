"""How connections to a cluster are secured, as the properties file says that Kafka's own tools take it from."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shlex import shlex
from typing import TypeVar

import attrs

from ackproof.config.files.problems import BadConfiguration, Problem, Remarks
from ackproof.config.files.properties import read_properties
from ackproof.config.pipeline import Setting
from ackproof.reference.serving.securing import MECHANISMS, PLAINTEXT, Login, Security

T = TypeVar("T")

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")

WITHIN = ("ssl.keystore.key", "ssl.keystore.certificate.chain")
"""A client's own certificate in the settings themselves."""

DEFAULTS = {
    "security.protocol": "PLAINTEXT",
    "sasl.mechanism": "GSSAPI",
    "ssl.truststore.type": "JKS",
    "ssl.keystore.type": "JKS",
    "ssl.endpoint.identification.algorithm": "https",
}
"""Source: ``CommonClientConfigs``, ``SaslConfigs``, ``SslConfigs``."""


def secured(command_config: Path | None) -> Security:
    """
    The security of connections, as the file of ``--command-config`` has it; without one there is none.

    Raises:
        BadConfiguration: The file can not be read, or it asks for what is not known here.
    """
    if command_config is None:
        return PLAINTEXT
    remarks = Remarks()
    settings = {setting.key: setting for setting in read_properties(command_config, remarks)}
    if remarks.problems:
        raise BadConfiguration(tuple(remarks.problems))
    return _Reading(str(command_config), settings).security()


@attrs.frozen
class _Reading:
    file: str
    settings: Mapping[str, Setting]

    def security(self) -> Security:
        protocol = self._value("security.protocol").upper()
        if protocol not in PROTOCOLS:
            raise self._bad("security.protocol", f"{protocol} is none of {', '.join(PROTOCOLS)}")
        return Security(
            self._tls() if protocol.endswith("SSL") else None, self._login() if protocol.startswith("SASL") else None
        )

    def _login(self) -> Login:
        mechanism = self._value("sasl.mechanism")
        if mechanism not in MECHANISMS:
            default = "" if "sasl.mechanism" in self.settings else ", the default,"
            raise self._bad("sasl.mechanism", f"{mechanism}{default} is not known here, but {', '.join(MECHANISMS)}")
        key = "sasl.jaas.config"
        options = self._tried(key, lambda: dict(options_of(self._value(key))))
        for option in ("username", "password"):
            if option not in options:
                raise self._bad(key, f"names no {option}")
        return Login(mechanism, options["username"], options["password"])

    def _tls(self) -> ssl.SSLContext:
        context = self._trusting()
        # Kafka's clients take an empty one for "do not look whose certificate it is" (KIP-294).
        context.check_hostname = bool(self._value("ssl.endpoint.identification.algorithm"))
        if within := next(filter(self._value, WITHIN), None):
            raise self._bad(within, "can be read here only from a file that ssl.keystore.location names")
        key = "ssl.keystore.location"
        if path := self._pem("ssl.keystore"):
            # Without any password OpenSSL would ask for one on the terminal.
            password = self._value("ssl.key.password")
            self._tried(key, lambda: context.load_cert_chain(path, password=password), f"{path}: ")
        return context

    def _trusting(self) -> ssl.SSLContext:
        """The authorities of the file that is named, or in the setting itself, or else those of this machine."""
        key = "ssl.truststore.certificates"
        if certificates := self._value(key):
            return self._tried(key, lambda: ssl.create_default_context(cadata=certificates))
        path = self._pem("ssl.truststore")
        return self._tried("ssl.truststore.location", lambda: ssl.create_default_context(cafile=path), f"{path}: ")

    def _pem(self, store: str) -> str | None:
        """Where certificates are, as text."""
        path = self._value(f"{store}.location") or None
        kind = self._value(f"{store}.type")
        if path and kind != "PEM":
            raise self._bad(f"{store}.location", f"is of the type {kind}; only {store}.type=PEM can be read here")
        return path

    def _value(self, key: str) -> str:
        return (self.settings[key].value if key in self.settings else DEFAULTS.get(key)) or ""

    def _tried(self, key: str, read: Callable[[], T], shown: str = "") -> T:
        try:
            return read()
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
            raise self._bad(key, f"{shown}{reason}") from None

    def _bad(self, key: str, message: str) -> BadConfiguration:
        line = self.settings[key].line if key in self.settings else None
        return BadConfiguration((Problem(self.file, line, key, f"{key}: {message}"),))


def options_of(jaas: str) -> Iterator[tuple[str, str]]:
    """
    The options of the login module that ``sasl.jaas.config`` names.

    Raises:
        ValueError: It is not written as ``MODULE FLAG NAME=VALUE ...;``.

    Source: ``JaasConfig``.
    """
    lexer = shlex(jaas, posix=True)
    lexer.commenters = ""
    lexer.wordchars += ".-$"
    words = list(lexer)
    if len(words) < len(["module", "flag", ";"]) or words[-1] != ";" or len(words) % 3:
        raise ValueError('is to be MODULE required NAME="VALUE" ...;')
    for at in range(2, len(words) - 1, 3):
        name, equals, value = words[at : at + 3]
        if equals != "=":
            raise ValueError(f'has {name} {equals} where NAME="VALUE" is to be')
        yield name, value
