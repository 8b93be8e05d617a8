variable "cluster_name" {
  description = "`clusterName` of the chart (EIP_CLUSTER_NAME): the tag of every address."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", var.cluster_name))
    error_message = "cluster_name is letters, digits, dots, dashes and underscores, at most 100 of them: EIP_CLUSTER_NAME."
  }
}

variable "vpc_id" {
  description = "The cluster's VPC; addresses are associated with network interfaces of it only."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]{8,17}$", var.vpc_id))
    error_message = "vpc_id is of the form vpc-0123456789abcdef0."
  }
}

variable "eks_cluster_name" {
  description = "Name of the EKS cluster where it is not `cluster_name`."
  type        = string
  default     = null
}

variable "oidc_provider_arn" {
  description = "ARN of the cluster's IAM OIDC provider, for IRSA; without it the role is for EKS Pod Identity."
  type        = string
  default     = null

  validation {
    condition     = var.oidc_provider_arn == null || can(regex(":oidc-provider/.+", var.oidc_provider_arn))
    error_message = "oidc_provider_arn is of the form arn:aws:iam::123456789012:oidc-provider/oidc.eks.REGION.amazonaws.com/id/..."
  }
}

variable "namespace" {
  description = "Namespace of the release."
  type        = string
  default     = "eip-system"
}

variable "service_account" {
  description = "ServiceAccount of the workers."
  type        = string
  default     = "k8s-eip-operator-worker"
}

variable "name" {
  description = "Name of role and policy; by default k8s-eip-operator and the cluster's name."
  type        = string
  default     = null
}

variable "kept" {
  description = "Whether pods keep addresses for their successors."
  type        = bool
  default     = false
}

variable "lent" {
  description = "Whether pods use addresses that an admin lends."
  type        = bool
  default     = false
}

variable "reverse_dns" {
  description = "Whether the operator sets PTR records."
  type        = bool
  default     = false
}

variable "quota" {
  description = "Whether the operator reads the quota of addresses."
  type        = bool
  default     = false
}

variable "pools" {
  description = "Ids of pools of your own that addresses come from: ipv4pool-ec2-... or ipam-pool-..."
  type        = list(string)
  default     = []
}

variable "tags" {
  description = "Tags of role and policy."
  type        = map(string)
  default     = {}
}
