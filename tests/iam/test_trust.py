"""Who may take the workers' role: their ServiceAccount in one cluster, by either way."""

import json
from string import Template
from typing import Any

import pytest

from tests.iam.evaluate import allows
from tests.iam.generate import FOLDER

WORDS = {
    "PARTITION": "aws",
    "REGION": "eu-central-1",
    "ACCOUNT": "123456789012",
    "EKS_CLUSTER": "games",
    "OIDC_ISSUER": "oidc.eks.eu-central-1.amazonaws.com/id/ABC",
    "NAMESPACE": "eip-system",
    "SERVICE_ACCOUNT": "k8s-eip-operator-worker",
}
ISSUER = WORDS["OIDC_ISSUER"]
BY_POD_IDENTITY = {
    "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-central-1:123456789012:cluster/games",
    "aws:RequestTag/kubernetes-namespace": "eip-system",
    "aws:RequestTag/kubernetes-service-account": "k8s-eip-operator-worker",
}
BY_TOKEN = {
    f"{ISSUER}:aud": "sts.amazonaws.com",
    f"{ISSUER}:sub": "system:serviceaccount:eip-system:k8s-eip-operator-worker",
}
OTHERS = [
    (BY_POD_IDENTITY, {"aws:RequestTag/kubernetes-service-account": "k8s-eip-operator-producer"}),
    (BY_POD_IDENTITY, {"aws:RequestTag/kubernetes-namespace": "default"}),
    (
        BY_POD_IDENTITY,
        {"aws:RequestTag/eks-cluster-arn": "arn:aws:eks:us-east-1:123456789012:cluster/games"},
    ),
    (BY_TOKEN, {f"{ISSUER}:sub": "system:serviceaccount:eip-system:k8s-eip-operator-producer"}),
    (BY_TOKEN, {f"{ISSUER}:sub": "system:serviceaccount:default:k8s-eip-operator-worker"}),
    (BY_TOKEN, {f"{ISSUER}:aud": "kubernetes.default.svc"}),
]


def trust(way: str) -> dict[str, Any]:
    """The one statement of the trust policy, filled in."""
    document = json.loads(Template((FOLDER / f"trust-{way}.json").read_text()).substitute(WORDS))
    (statement,) = document["Statement"]
    return {**statement, "Resource": "*"}


def may(context: dict[str, str]) -> bool:
    """Whether the role may be taken by either way; a context of the one says nothing to the other."""
    return allows([trust("pod-identity")], "sts:AssumeRole", {"*": context}) or allows(
        [trust("irsa")], "sts:AssumeRoleWithWebIdentity", {"*": context}
    )


@pytest.mark.parametrize("context", [BY_POD_IDENTITY, BY_TOKEN], ids=["Pod Identity", "IRSA"])
def test_the_workers_may(context: dict[str, str]) -> None:
    """With what EKS says of them."""
    assert may(context)


@pytest.mark.parametrize(
    ("worker", "difference"), OTHERS, ids=[next(iter(difference.values())) for _, difference in OTHERS]
)
def test_others_may_not(worker: dict[str, str], difference: dict[str, str]) -> None:
    """One thing that differs is enough, and so is one that is missing."""
    assert not may({**worker, **difference})
    assert not may({key: value for key, value in worker.items() if key not in difference})


def test_session_tags_are_allowed() -> None:
    """EKS Pod Identity sends them with the request that takes the role, else it is refused."""
    assert "sts:TagSession" in trust("pod-identity")["Action"]


def test_the_principals_are_those_of_eks() -> None:
    """Of this account's provider, and of no other service."""
    assert trust("pod-identity")["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust("irsa")["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"}
