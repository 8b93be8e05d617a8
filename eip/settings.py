"""All settings, read from environment variables with the prefix EIP_; every fault is reported at once."""

import difflib
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from eip import names
from eip.decide import Scope
from eip.errors import SettingsError
from eip.setting_forms import (
    Aliases,
    Annotations,
    Burst,
    Ipv4Pool,
    LentPools,
    Limit,
    Limits,
    Name,
    Namespace,
    Namespaces,
    Password,
    PerSecond,
    RedisUrl,
    Seconds,
    Tags,
    Uid,
    Vpc,
)
from eip.store.limiter import Rate

PREFIX = "EIP_"
NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
SECRETS = frozenset({"EIP_REDIS_URL", "EIP_REDIS_PASSWORD"})
LIKENESS = 0.75
"""From which on a name is a slip of the pen; the prefix alone makes for half of a short one."""
REVERSE_DNS = Rate(46, 5)
"""ModifyAddressAttribute, ResetAddressAttribute: calls at once and a second; EC2 allows 50 and 5."""


def _own_namespace() -> str:
    return NAMESPACE_FILE.read_text().strip() if NAMESPACE_FILE.exists() else "default"


class Settings(BaseSettings):
    """What can be set; the description of each is what the documentation says."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    cluster_name: Name = Field(description="Name of the cluster; addresses are tagged with it.")
    cluster_uid: Uid = Field(
        "",
        description="What tells this cluster from another of the same name. "
        "By default the uid of the namespace kube-system, which is read at start.",
    )
    # Above the URL, which takes them up.
    redis_username: str = Field("", description="Redis' user, where EIP_REDIS_URL has none.")
    redis_password: Password = Field(
        SecretStr(""),
        description="Redis' password as it is, of any characters, where EIP_REDIS_URL has none.",
    )
    redis_url: RedisUrl = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        validate_default=True,
        description="Where Redis is: redis://[USER:PASSWORD@]HOST:PORT/DB, or rediss:// for TLS. "
        "Characters that mean something in a URL are percent-encoded.",
    )
    redis_ca_file: str = Field("", description="CA certificates that Redis' certificate is checked against.")
    namespaces: Namespaces = Field(
        (), description="Namespaces that are served, separated by commas; all by default."
    )
    denied_namespaces: Namespaces = Field(
        (), description="Namespaces whose pods get no address, separated by commas; they are told so."
    )
    namespace_limit: Limit = Field(
        0, description="How many addresses the pods of one namespace may have; 0 for any number."
    )
    namespace_limits: Limits = Field(
        default_factory=dict, description="The same for single namespaces: NAMESPACE=NUMBER,NAMESPACE=NUMBER."
    )
    aliases: Aliases = Field(
        (),
        description="Other operators whose marks on pods count beside the label: materialize, aws-samples; "
        "all pods are watched then.",
    )
    allow_host_network: bool = Field(
        False, description="Whether pods with hostNetwork are served: their address is the whole node's."
    )
    nodes: bool = Field(
        False,
        description="Whether nodes with the label are served too: an address for each node's primary IP.",
    )
    external_dns_annotations: Annotations = Field(
        names.EXTERNAL_DNS_ANNOTATIONS,
        description="Annotations that are set to the public IP for external-dns; empty for none.",
    )
    tags: Tags = Field(default_factory=dict, description="Further tags of each address: KEY=VALUE,KEY=VALUE.")
    public_ipv4_pool: Ipv4Pool = Field(
        "", description="Public IPv4 pool that addresses come from (ipv4pool-ec2-...)."
    )
    lent_public_ipv4_pools: LentPools = Field(
        default_factory=dict,
        description="Public IPv4 pools that pods may name in an annotation, and which pods: "
        "POOL=NAMESPACE/NAME NAMESPACE/NAME,POOL=..., with * for anything; none by default.",
    )
    network_border_group: str = Field("", description="Network border group, for Local Zones and Wavelength.")
    vpc_id: Vpc = Field("", description="The cluster's VPC; needed where nodes cannot be read.")
    read_nodes: bool = Field(
        True,
        description="Whether workers may read nodes; if not, instances are found by host IP and EIP_VPC_ID.",
    )
    allocate_burst: Burst = Field(46, description="AllocateAddress: calls at once; EC2 allows 50.")
    allocate_rate: PerSecond = Field(5, description="AllocateAddress: calls a second; EC2 allows 5.")
    associate_burst: Burst = Field(46, description="AssociateAddress: calls at once; EC2 allows 50.")
    associate_rate: PerSecond = Field(5, description="AssociateAddress: calls a second; EC2 allows 5.")
    disassociate_burst: Burst = Field(46, description="DisassociateAddress: calls at once; EC2 allows 50.")
    disassociate_rate: PerSecond = Field(5, description="DisassociateAddress: calls a second; EC2 allows 5.")
    release_burst: Burst = Field(46, description="ReleaseAddress: calls at once; EC2 allows 50.")
    release_rate: PerSecond = Field(5, description="ReleaseAddress: calls a second; EC2 allows 5.")
    tag_burst: Burst = Field(90, description="CreateTags: calls at once; EC2 allows 100.")
    tag_rate: PerSecond = Field(10, description="CreateTags: calls a second; EC2 allows 10.")
    describe_burst: Burst = Field(
        20, description="Each Describe action: calls at once; the VPC CNI and Karpenter share EC2's 100."
    )
    describe_rate: PerSecond = Field(
        5, description="Each Describe action: calls a second; the VPC CNI and Karpenter share EC2's 20."
    )
    events_burst: Burst = Field(50, description="Kubernetes Events: posts at once.")
    events_rate: PerSecond = Field(5, description="Kubernetes Events: posts a second.")
    sweep_interval: Seconds = Field(300, description="Seconds between two sweeps.")
    orphan_age: Seconds = Field(120, description="Seconds for which an address without a pod is left alone.")
    quota_probe_interval: Seconds = Field(
        60, description="Seconds between two tries to allocate while the quota is used up."
    )
    worker_concurrency: Annotated[int, Field(ge=4, le=256)] = Field(
        16, description="Threads of a worker, each of which performs one step."
    )
    alive_file: str = Field(
        "",
        description="File that a worker touches while it lives; by default in the temporary folder.",
    )
    kubernetes_timeout: Annotated[float, Field(gt=0, le=4)] = Field(
        2, description="Seconds that the API server has to answer a read or a patch."
    )
    lease_namespace: Namespace = Field(
        default_factory=_own_namespace, description="Namespace of the producer's Lease; its own by default."
    )
    identity: str = Field(
        default_factory=lambda: f"{socket.gethostname()}_{os.getpid()}",
        description="Holder of the Lease; the host's name and the process by default.",
    )
    health_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="Port of /healthz, /readyz and /metrics; 0 for any free one."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="Format of log lines; auto is console on a terminal and json elsewhere."
    )

    @field_validator("lease_namespace", mode="before")
    @classmethod
    def _own_where_blank(cls, value: str) -> str:
        return value if value.strip() else _own_namespace()

    @property
    def scope(self) -> Scope:
        """Which pods are served."""
        return Scope(
            frozenset(self.namespaces),
            frozenset(self.denied_namespaces),
            self.allow_host_network,
            {pool: tuple(pods.split()) for pool, pods in self.lent_public_ipv4_pools.items()},
            frozenset(self.aliases),
            self.nodes,
        )

    def limit_of(self, namespace: str) -> int:
        """How many addresses the pods of a namespace may have; 0 for any number, as nodes may."""
        if namespace == names.NODES:
            return 0
        return self.namespace_limits.get(namespace, self.namespace_limit)

    @property
    def rates(self) -> dict[str, Rate]:
        """The bucket of each EC2 action, and of Events."""
        describe = Rate(self.describe_burst, self.describe_rate)
        return {
            names.Action.ALLOCATE: Rate(self.allocate_burst, self.allocate_rate),
            names.Action.ASSOCIATE: Rate(self.associate_burst, self.associate_rate),
            names.Action.DISASSOCIATE: Rate(self.disassociate_burst, self.disassociate_rate),
            names.Action.RELEASE: Rate(self.release_burst, self.release_rate),
            names.Action.TAG: Rate(self.tag_burst, self.tag_rate),
            names.Action.DESCRIBE_ADDRESSES: describe,
            names.Action.DESCRIBE_INTERFACES: describe,
            names.Action.MODIFY_ATTRIBUTE: REVERSE_DNS,
            names.Action.RESET_ATTRIBUTE: REVERSE_DNS,
            names.Action.DESCRIBE_ATTRIBUTES: describe,
            names.EVENTS_BUCKET: Rate(self.events_burst, self.events_rate),
        }


def load() -> Settings:
    """The settings that the environment holds.

    Raises:
        SettingsError: some cannot be used; the message has a line for each.

    """
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        lines = [_in_words(fault["loc"], fault["msg"], fault.get("input")) for fault in error.errors()]
        raise SettingsError("the settings cannot be used:\n" + "\n".join(lines)) from None


def _in_words(location: tuple[int | str, ...], message: str, seen: object) -> str:
    name = PREFIX + str(location[0]).upper() if location else PREFIX
    field = Settings.model_fields.get(str(location[0])) if location else None
    about = f" ({field.description})" if field and field.description else ""
    if message == "Field required":
        return f"  {name} is not set{about}"
    shown = "" if name in SECRETS else f"={seen!r}"
    return f"  {name}{shown}: {message.removeprefix('Value error, ')}{about}"


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """A warning for each EIP_ variable that means nothing here, with the nearest that does."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    strangers = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    return [f"{name} is not a setting and has no effect{_nearest(name, known)}" for name in strangers]


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=LIKENESS)
    return f"; did you mean {near[0]}?" if near else ""
