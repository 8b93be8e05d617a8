"""Whether packets find their way: the VPC CNI's SNAT, routes to an internet gateway, usable nodes."""

from collections.abc import Iterable, Iterator, Sequence

from cli.doctor.facts import Facts, NodeInterface, NodeSeen, PodSeen, RouteTable
from cli.doctor.finding import Finding, counted, fails, passes, unknown, warns
from cli.doctor.seen import Unseen, known

EXTERNAL_SNAT = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
INTERNET_GATEWAY = "igw-"

MOST_NAMED = 3

_SET_IT = (
    f"kubectl -n kube-system set env daemonset/aws-node {EXTERNAL_SNAT}=true, or in the add-on's settings; "
    "read docs/aws.md first: pods in public subnets without an address then lose their way out"
)
_PUBLIC_NODES = "let them run on nodes in public subnets, or route the subnets to an internet gateway"


def external_snat(facts: Facts) -> list[Finding]:
    """With SNAT in the CNI a pod is heard at its address, but speaks from its node's."""
    environment = known(facts.kubernetes.aws_node)
    if environment is None:
        return [
            warns(
                "external-snat",
                "there is no DaemonSet kube-system/aws-node: another CNI, or one that AWS manages",
                "run pods that ask for an address on nodes with the VPC CNI",
            )
        ]
    value = environment.get(EXTERNAL_SNAT, "")
    if value.lower() != "true":
        seen = f"{EXTERNAL_SNAT}={value}" if value else f"{EXTERNAL_SNAT} is not set"
        return [fails("external-snat", f"{seen}: what pods send leaves from their node's address", _SET_IT)]
    return [passes("external-snat", f"{EXTERNAL_SNAT}=true: what pods send leaves from their own addresses")]


def workers_way_out(facts: Facts) -> list[Finding]:
    """With external SNAT a worker in a public subnet, which has no address, has no way to the internet."""
    check = "workers-way-out"
    environment, workers = known(facts.kubernetes.aws_node), known(facts.kubernetes.workers)
    if (environment or {}).get(EXTERNAL_SNAT, "").lower() != "true":
        return [passes(check, "not in question without external SNAT")]
    if not workers:
        return [unknown(check, "no pod of a worker was found, so where they run is not known")]
    public = set(_names(_public(facts)))
    lost = [pod for pod in workers if pod.node in public]
    if lost:
        return [
            warns(
                check,
                f"{_named(lost)} on nodes in public subnets: with external SNAT only VPC endpoints lead on",
                "move the workers to private subnets with a NAT gateway (worker.nodeSelector), or make sure "
                "of interface endpoints for ec2, sts and eks-auth",
            )
        ]
    return [passes(check, f"none of {counted(len(workers), 'worker')} is on a node in a public subnet")]


def subnets(facts: Facts) -> list[Finding]:
    """A pod's subnet needs a route to an internet gateway, or its address carries nothing."""
    nodes = [node for node in known(facts.kubernetes.nodes) if node.instance_id]
    public = set(_names(_public(facts)))
    private = [node for node in nodes if node.name not in public]
    if not nodes:
        return [unknown("subnets", "no node is an EC2 instance")]
    if len(private) == len(nodes):
        return [
            fails(
                "subnets",
                f"none of {counted(len(nodes), 'node')} seen has a way to an internet gateway",
                _PUBLIC_NODES,
            )
        ]
    stranded = _on(known(facts.kubernetes.labelled), private)
    if stranded:
        seen = f"{_named(stranded)} in subnets without an internet gateway: addresses carry nothing there"
        return [warns("subnets", seen, _PUBLIC_NODES)]
    return [
        passes(
            "subnets",
            f"{len(public)} of {counted(len(nodes), 'node')} seen with a way to an internet gateway",
        )
    ]


def nodes(facts: Facts) -> list[Finding]:
    """AWS lets nobody associate an address with an interface that it manages: EKS Auto Mode, Fargate."""
    every = known(facts.kubernetes.nodes)
    interfaces = facts.aws.interfaces
    managed = {i.instance_id for i in _seen(interfaces) if i.managed_by}
    closed = [node for node in every if _why_closed(node) or node.instance_id in managed]
    advice = "run pods that ask for an address on a managed node group, self-managed nodes or Karpenter's"
    if every and len(closed) == len(every):
        return [
            fails("nodes", f"none of {counted(len(every), 'node')} can be served: {_kinds(closed)}", advice)
        ]
    lost = _on(known(facts.kubernetes.labelled), closed)
    if lost:
        return [warns("nodes", f"{_named(lost)} on nodes that can't be served: {_kinds(closed)}", advice)]
    rest = f"; not {len(closed)} others: {_kinds(closed)}" if closed else ""
    return [passes("nodes", f"{counted(len(every) - len(closed), 'node')} seen that can be served{rest}")]


def _public(facts: Facts) -> Iterator[NodeSeen]:
    """The nodes that have an interface in a subnet which leads to an internet gateway."""
    tables = known(facts.aws.tables)
    open_to = {i.instance_id for i in known(facts.aws.interfaces) if _leads_out(i, tables)}
    return (node for node in known(facts.kubernetes.nodes) if node.instance_id in open_to)


def _leads_out(interface: NodeInterface, tables: Iterable[RouteTable]) -> bool:
    """By its subnet's own route table, or by its VPC's main one."""
    of_vpc = [table for table in tables if table.vpc_id == interface.vpc_id]
    own = [table for table in of_vpc if interface.subnet_id in table.subnets]
    chosen = own or [table for table in of_vpc if table.main]
    return any(way.startswith(INTERNET_GATEWAY) for table in chosen for way in table.ways_out)


def _why_closed(node: NodeSeen) -> str:
    if node.name.startswith("fargate-") or node.compute_type == "fargate":
        return "Fargate"
    if node.compute_type == "auto":
        return "EKS Auto Mode"
    return "" if node.instance_id else "no EC2 instance"


def _kinds(closed: Iterable[NodeSeen]) -> str:
    return ", ".join(sorted({_why_closed(node) or "interfaces that AWS manages" for node in closed}))


def _on(pods: Iterable[PodSeen], nodes: Iterable[NodeSeen]) -> list[PodSeen]:
    names = set(_names(nodes))
    return [pod for pod in pods if pod.node in names]


def _names(nodes: Iterable[NodeSeen]) -> Iterator[str]:
    return (node.name for node in nodes)


def _named(pods: Sequence[PodSeen]) -> str:
    shown = ", ".join(f"{pod.namespace}/{pod.name}" for pod in pods[:MOST_NAMED])
    more = f" and {len(pods) - MOST_NAMED} more" if len(pods) > MOST_NAMED else ""
    return f"{shown}{more} {'is' if len(pods) == 1 else 'are'}"


def _seen(interfaces: tuple[NodeInterface, ...] | Unseen) -> tuple[NodeInterface, ...]:
    return () if isinstance(interfaces, Unseen) else interfaces
