"""A local Kafka that lets no one in unasked: TLS, SCRAM users, and an access list that denies what it does not name.

Clients sign in over `SASL_SSL`; the nodes talk among themselves over mutual TLS on the controllers' ports, where the
certificate is who they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MECHANISM = "SCRAM-SHA-512"
LISTENER = "SASL_SSL"
AUDIT_LOGGER = "kafka.authorizer.logger"


@dataclass(frozen=True, slots=True)
class Security:
    """What a secured cluster is made of.

    `keystore`: PEM with the nodes' private key (PKCS 8, not encrypted) and its certificate with the chain, valid for
    127.0.0.1 as server and client. `authority`: PEM with the certificate that signed it. `node_name`: the certificate's
    distinguished name, such as `CN=broker`. `admin` and `password`: the one user that may do everything; others are
    added by it. `audit`: write each decision about a right into the node's log.
    """

    keystore: Path
    authority: Path
    node_name: str
    admin: str
    password: str = field(repr=False)
    audit: bool = False

    def properties(self) -> dict[str, object]:
        """Lines of server.properties, besides the listeners."""
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return {
            "listener.security.protocol.map": f"{LISTENER}:SASL_SSL,CONTROLLER:SSL",
            "inter.broker.listener.name": LISTENER,
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            f"listener.name.{LISTENER.lower()}.{MECHANISM.lower()}.sasl.jaas.config": (
                f'{scram} required username="{self.admin}" password="{self.password}";'
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority,
            "listener.name.controller.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": f"User:{self.admin};User:{self.node_name}",
        }

    def format_options(self) -> list[str]:
        """Of `kafka.tools.StorageTool format`: the first user must be there before anyone can sign in."""
        return ["--add-scram", f"{MECHANISM}=[name={self.admin},password={self.password}]"]

    def java_options(self) -> list[str]:
        """Of the JVM: what is written into the log."""
        return [f"-Dorg.slf4j.simpleLogger.log.{AUDIT_LOGGER}=debug"] if self.audit else []

    def client(self) -> Mapping[str, Any]:
        """Keyword arguments for kafka-python's clients, as the admin."""
        return {
            "security_protocol": "SASL_SSL",
            "ssl_cafile": str(self.authority),
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.admin,
            "sasl_plain_password": self.password,
        }
