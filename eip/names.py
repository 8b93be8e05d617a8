"""Every string that two processes, or a user and a process, must agree on."""

from enum import StrEnum

PREFIX = "eip.aws.materialize.com"

MANAGE_LABEL = f"{PREFIX}/manage"
MANAGE_SELECTOR = f"{MANAGE_LABEL}=true"

PUBLIC_IP_ANNOTATION = f"{PREFIX}/public-ip"
ALLOCATION_ID_ANNOTATION = f"{PREFIX}/allocation-id"
KEEP_ANNOTATION = f"{PREFIX}/keep"
REQUEST_ADDRESS_ANNOTATION = f"{PREFIX}/request-address"
POOL_ANNOTATION = f"{PREFIX}/pool"
PUBLIC_IPV4_POOL_ANNOTATION = f"{PREFIX}/public-ipv4-pool"
REVERSE_DNS_ANNOTATION = f"{PREFIX}/reverse-dns"
EXTERNAL_DNS_ANNOTATIONS = (
    "external-dns.kubernetes.io/target",
    "external-dns.alpha.kubernetes.io/target",
)
READY_CONDITION = f"{PREFIX}/ready"
READY_LABEL = READY_CONDITION
NETWORK_CONDITION = "PodReadyToStartContainers"
POD_ENI_ANNOTATION = "vpc.amazonaws.com/pod-eni"

POD_UID_TAG = f"{PREFIX}/pod_uid"
CLUSTER_NAME_TAG = f"{PREFIX}/cluster_name"
CLUSTER_UID_TAG = f"{PREFIX}/cluster_uid"
NAMESPACE_TAG = f"{PREFIX}/namespace"
POD_NAME_TAG = f"{PREFIX}/pod_name"
ALLOCATED_AT_TAG = f"{PREFIX}/allocated_at"
KEEP_TAG = f"{PREFIX}/keep"
LEND_TAG = f"{PREFIX}/lend"
POOL_TAG = f"{PREFIX}/pool"
NAME_TAG = "Name"

NODES = "Node"
"""What stands for nodes where pods have their namespace, in claims, tags and keys; none can be called so."""


class EventReason(StrEnum):
    """The reasons of the Events that are posted on pods."""

    READY = "AddressReady"
    REFUSED = "AddressRefused"
    QUOTA = "QuotaExceeded"
    NOT_FREE = "NoAddressFree"
    RELEASE_FAILED = "ReleaseFailed"
    ANNOTATE_FAILED = "AnnotateFailed"
    ASSOCIATE_FAILED = "AssociateFailed"
    ALLOCATE_FAILED = "AllocateFailed"
    REVERSE_DNS_READY = "ReverseDnsReady"
    REVERSE_DNS_FAILED = "ReverseDnsFailed"


LEASE_NAME = "k8s-eip-operator"
EVENT_SOURCE = "k8s-eip-operator"


class Queue(StrEnum):
    """The Celery queues, safest first: a worker serves them in this order."""

    RELEASE = "release"
    ANNOTATE = "annotate"
    ASSOCIATE = "associate"
    ALLOCATE = "allocate"


class Step(StrEnum):
    """The four things a worker does for a pod; each has the queue of the same name."""

    RELEASE = "release"
    ANNOTATE = "annotate"
    ASSOCIATE = "associate"
    ALLOCATE = "allocate"

    @property
    def queue(self) -> Queue:
        """The queue that carries this step's wake-ups."""
        return Queue(self.value)

    @property
    def task(self) -> str:
        """The Celery task's name."""
        return f"eip.{self.value}"


SWEEP_TASK = "eip.sweep"

EVENTS_BUCKET = "Events"
"""The token bucket of Kubernetes Events, beside those of the EC2 actions."""


class Action(StrEnum):
    """The EC2 actions that are called, by EC2's names; each has a token bucket of its own."""

    ALLOCATE = "AllocateAddress"
    ASSOCIATE = "AssociateAddress"
    DISASSOCIATE = "DisassociateAddress"
    RELEASE = "ReleaseAddress"
    TAG = "CreateTags"
    DESCRIBE_ADDRESSES = "DescribeAddresses"
    DESCRIBE_INTERFACES = "DescribeNetworkInterfaces"
    MODIFY_ATTRIBUTE = "ModifyAddressAttribute"
    RESET_ATTRIBUTE = "ResetAddressAttribute"
    DESCRIBE_ATTRIBUTES = "DescribeAddressesAttribute"
