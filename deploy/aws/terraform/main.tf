data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account     = data.aws_caller_identity.current.account_id
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  eks_cluster = coalesce(var.eks_cluster_name, var.cluster_name)
  name        = coalesce(var.name, "k8s-eip-operator-${var.cluster_name}")
  irsa        = var.oidc_provider_arn != null

  trust = templatefile("${path.module}/../${local.irsa ? "trust-irsa" : "trust-pod-identity"}.json", {
    PARTITION       = local.partition
    REGION          = local.region
    ACCOUNT         = local.account
    EKS_CLUSTER     = local.eks_cluster
    OIDC_ISSUER     = local.irsa ? split(":oidc-provider/", var.oidc_provider_arn)[1] : ""
    NAMESPACE       = var.namespace
    SERVICE_ACCOUNT = var.service_account
  })
}

resource "aws_iam_policy" "workers" {
  name        = local.name
  description = "What the workers of k8s-eip-operator may do, for the cluster ${var.cluster_name}"
  policy      = local.policy
  tags        = var.tags
}

resource "aws_iam_role" "workers" {
  name               = local.name
  description        = "The workers of k8s-eip-operator, of the cluster ${var.cluster_name}"
  assume_role_policy = local.trust
  tags               = var.tags

  lifecycle {
    precondition {
      condition     = length(local.name) <= 64
      error_message = "A role's name has 64 characters at most, and \"${local.name}\" has ${length(local.name)}: set `name`."
    }
  }
}

resource "aws_iam_role_policy_attachment" "workers" {
  role       = aws_iam_role.workers.name
  policy_arn = aws_iam_policy.workers.arn
}

resource "aws_eks_pod_identity_association" "workers" {
  count = local.irsa ? 0 : 1

  cluster_name    = local.eks_cluster
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = aws_iam_role.workers.arn
  tags            = var.tags
}
