"""The kinds that are served, and what sets each apart."""

from dataclasses import dataclass

READ_AND_WRITE = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
RBAC_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Resource:
    """One row of API discovery, and the rules of the kind's strategy in kube-apiserver."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    subresources: tuple[str, ...] = ()
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_AND_WRITE
    create_on_update: bool = False
    update_needs_version: bool = False
    graceful: bool = False
    answers_deleted_object: bool = False
    counts_generations: bool = False

    @property
    def group_version(self) -> str:
        """The apiVersion: `v1`, or `coordination.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def registry(self) -> str:
        """The prefix of its keys in etcd, which some messages show."""
        folder = {"nodes": "minions"}.get(self.plural, self.plural)
        return f"/registry/{folder}"


PODS = Resource(
    "",
    "v1",
    "pods",
    "Pod",
    namespaced=True,
    subresources=("status", "binding"),
    short_names=("po",),
    graceful=True,
    answers_deleted_object=True,
    counts_generations=True,
)
NODES = Resource("", "v1", "nodes", "Node", namespaced=False, subresources=("status",), short_names=("no",))
NAMESPACES = Resource(
    "", "v1", "namespaces", "Namespace", namespaced=False, subresources=("status",), short_names=("ns",)
)
EVENTS = Resource("", "v1", "events", "Event", namespaced=True, short_names=("ev",), create_on_update=True)
SERVICE_ACCOUNTS = Resource(
    "",
    "v1",
    "serviceaccounts",
    "ServiceAccount",
    namespaced=True,
    subresources=("token",),
    short_names=("sa",),
    answers_deleted_object=True,
)
LEASES = Resource(
    "coordination.k8s.io",
    "v1",
    "leases",
    "Lease",
    namespaced=True,
    create_on_update=True,
    update_needs_version=True,
)
ROLES = Resource(RBAC_GROUP, "v1", "roles", "Role", namespaced=True, create_on_update=True)
ROLE_BINDINGS = Resource(
    RBAC_GROUP, "v1", "rolebindings", "RoleBinding", namespaced=True, create_on_update=True
)
CLUSTER_ROLES = Resource(
    RBAC_GROUP, "v1", "clusterroles", "ClusterRole", namespaced=False, create_on_update=True
)
CLUSTER_ROLE_BINDINGS = Resource(
    RBAC_GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False, create_on_update=True
)
DEPLOYMENTS = Resource(
    "apps",
    "v1",
    "deployments",
    "Deployment",
    namespaced=True,
    subresources=("status",),
    short_names=("deploy",),
)
DAEMON_SETS = Resource(
    "apps", "v1", "daemonsets", "DaemonSet", namespaced=True, subresources=("status",), short_names=("ds",)
)
ACCESS_REVIEWS = Resource(
    "authorization.k8s.io",
    "v1",
    "subjectaccessreviews",
    "SubjectAccessReview",
    namespaced=False,
    verbs=("create",),
)
OWN_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io",
    "v1",
    "selfsubjectaccessreviews",
    "SelfSubjectAccessReview",
    namespaced=False,
    verbs=("create",),
)
OWN_REVIEWS = Resource(
    "authentication.k8s.io",
    "v1",
    "selfsubjectreviews",
    "SelfSubjectReview",
    namespaced=False,
    verbs=("create",),
)

SERVED = (
    PODS,
    NODES,
    NAMESPACES,
    EVENTS,
    SERVICE_ACCOUNTS,
    LEASES,
    ROLES,
    ROLE_BINDINGS,
    CLUSTER_ROLES,
    CLUSTER_ROLE_BINDINGS,
    DEPLOYMENTS,
    DAEMON_SETS,
    ACCESS_REVIEWS,
    OWN_ACCESS_REVIEWS,
    OWN_REVIEWS,
)


def find(group: str, version: str, plural: str) -> Resource | None:
    """The resource at `/apis/group/version/plural`, or none."""
    wanted = (group, version, plural)
    return next((r for r in SERVED if (r.group, r.version, r.plural) == wanted), None)
