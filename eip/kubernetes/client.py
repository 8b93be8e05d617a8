"""The calls to the API server that the project makes; each raises KubernetesError."""

from collections.abc import Iterator

import msgspec

from eip import names
from eip.errors import KubernetesError
from eip.kubernetes import configuration, decode
from eip.kubernetes.http import STRATEGIC_MERGE_PATCH, Http, Stream, segment
from eip.kubernetes.leases import Leases
from eip.kubernetes.refusal import another_uid, not_found
from eip.node import label_of
from eip.pod import ListMeta, OwnerMeta, Pod, PodList

PAGE = 500
PAGE_TIMEOUT = 15.0

# The API server sends a bookmark about each minute: a watch that brings none is half open.
# https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks
SILENCE = 90.0


class _NodeSpec(msgspec.Struct):
    provider_id: str = msgspec.field(name="providerID", default="")


class _Node(msgspec.Struct):
    spec: _NodeSpec = msgspec.field(default_factory=_NodeSpec)


class _NodeList(msgspec.Struct):
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[_Node] = msgspec.field(default_factory=list)


class _Namespace(msgspec.Struct):
    metadata: OwnerMeta


class _ReviewStatus(msgspec.Struct):
    allowed: bool


class _Review(msgspec.Struct):
    status: _ReviewStatus


class Kubernetes:
    """The API server; safe to share between threads.

    Where a namespace is passed, names.NODES stands for nodes, which are answered in the form of pods.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self.leases = Leases(http)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._http.close()

    def get_pod(self, namespace: str, name: str) -> Pod | None:
        """The pod, or None when the API server itself says that there is none of that name."""
        try:
            return decode.pod(self._http.request("GET", _pod_path(namespace, name)), namespace)
        except KubernetesError as error:
            if not_found(error):
                return None
            raise

    def list_pods(self, selector: str, namespace: str | None = None, limit: int = PAGE) -> Iterator[PodList]:
        """Pages of the pods as etcd has them; without a namespace those of all namespaces.

        The token of the next page may expire, which is code 410: begin again.
        """
        yield from self._pages({"labelSelector": selector, "limit": str(limit)}, namespace)

    def pods_at(self, private_ip: str) -> list[Pod]:
        """The pods, labelled or not, whose status names this IP, and the labelled nodes."""
        query = {"fieldSelector": f"status.podIP={private_ip}", "limit": str(PAGE)}
        found = [pod for page in self._pages(query, None) for pod in page.items]
        pages = self.list_pods(names.MANAGE_SELECTOR, names.NODES)
        return found + [node for page in pages for node in page.items if node.ipv4 == private_ip]

    def _pages(self, query: dict[str, str], namespace: str | None) -> Iterator[PodList]:
        while True:
            body = self._http.request("GET", _pods_path(namespace), query=query, timeout=PAGE_TIMEOUT)
            page = decode.page(body, namespace)
            yield page
            if not page.metadata.continue_:
                return
            query["continue"] = page.metadata.continue_

    def watch_pods(
        self, selector: str, namespace: str | None, resource_version: str, timeout_seconds: int
    ) -> Stream:
        """The raw lines of a watch with bookmarks; the server ends it after `timeout_seconds`."""
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "labelSelector": selector,
            "resourceVersion": resource_version,
            "timeoutSeconds": str(timeout_seconds),
        }
        return self._http.stream(_pods_path(namespace), query, read_timeout=SILENCE)

    def patch_pod_status(
        self,
        namespace: str,
        name: str,
        uid: str,
        annotations: dict[str, str | None],
        condition: dict[str, str],
    ) -> Pod | None:
        """Set and remove annotations and set one condition in one PATCH; None when that uid is gone.

        The uid in the patch is the precondition: the API server refuses to change it. A node's condition is a
        label, for a selector to use; its status is the kubelet's.
        """
        path, metadata = _pod_path(namespace, name), {"uid": uid, "annotations": annotations}
        patch: dict[str, object]
        if namespace == names.NODES:
            patch = {"metadata": {**metadata, "labels": {names.READY_LABEL: label_of(condition["status"])}}}
        else:
            path += "/status"
            patch = {"metadata": metadata, "status": {"conditions": [condition]}}
        try:
            body = self._http.request(
                "PATCH", path, body=msgspec.json.encode(patch), content_type=STRATEGIC_MERGE_PATCH
            )
        except KubernetesError as error:
            if not_found(error) or another_uid(error):
                return None
            raise
        return decode.pod(body, namespace)

    def provider_id(self, node: str) -> str | None:
        """spec.providerID of a node, empty when it has none; None when there is no such node."""
        try:
            body = self._http.request("GET", f"/api/v1/nodes/{segment(node)}")
        except KubernetesError as error:
            if not_found(error):
                return None
            raise
        return decode.decode(body, _Node).spec.provider_id

    def provider_ids(self) -> set[str]:
        """spec.providerID of all nodes that have one."""
        query = {"limit": str(PAGE)}
        found: set[str] = set()
        while True:
            body = self._http.request("GET", "/api/v1/nodes", query=query, timeout=PAGE_TIMEOUT)
            page = decode.decode(body, _NodeList)
            found |= {node.spec.provider_id for node in page.items}
            if not page.metadata.continue_:
                return found - {""}
            query["continue"] = page.metadata.continue_

    def create_event(self, event: dict[str, object], namespace: str) -> None:
        """Post one Event of core/v1."""
        path = f"/api/v1/namespaces/{segment(namespace)}/events"
        self._http.request("POST", path, body=msgspec.json.encode(event))

    def kube_system_uid(self) -> str:
        """The uid of the namespace kube-system, by which clusters are told apart."""
        body = self._http.request("GET", "/api/v1/namespaces/kube-system")
        return decode.decode(body, _Namespace).metadata.uid

    def self_subject_access_review(
        self, verb: str, resource: str, *, group: str = "", subresource: str = "", namespace: str = ""
    ) -> bool:
        """Whether we may do that; without a namespace, in all of them."""
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {
                "resourceAttributes": {
                    "verb": verb,
                    "resource": resource,
                    "group": group,
                    "subresource": subresource,
                    "namespace": namespace,
                }
            },
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        body = self._http.request("POST", path, body=msgspec.json.encode(review))
        return decode.decode(body, _Review).status.allowed


def connect(timeout: float = 2.0, kubeconfig: str = "", context: str = "") -> Kubernetes:
    """The API server that the environment names; SettingsError when it names none.

    `timeout` in seconds is that of a call on one object; a page of a list has longer.
    """
    return Kubernetes(Http(lambda: configuration.connect(kubeconfig, context), timeout))


def _pods_path(namespace: str | None) -> str:
    if namespace == names.NODES:
        return "/api/v1/nodes"
    return "/api/v1/pods" if namespace is None else f"/api/v1/namespaces/{segment(namespace)}/pods"


def _pod_path(namespace: str, name: str) -> str:
    return f"{_pods_path(namespace)}/{segment(name)}"
