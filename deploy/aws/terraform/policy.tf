# ../policy.json and ../parts.json are made from the code of `eip iam-policy`.
locals {
  words = {
    PARTITION    = local.partition
    REGION       = local.region
    ACCOUNT      = local.account
    CLUSTER_NAME = var.cluster_name
    VPC_ID       = var.vpc_id
    POOL         = "*" # replaced below, by each of var.pools
  }

  always = jsondecode(templatefile("${path.module}/../policy.json", local.words))
  parts  = jsondecode(templatefile("${path.module}/../parts.json", local.words))

  # A pool of IPAM is of no Region, and may be another account's, shared.
  pools = [
    for pool in var.pools : startswith(pool, "ipam-pool-")
    ? "arn:${local.partition}:ec2::*:ipam-pool/${pool}"
    : "arn:${local.partition}:ec2:${local.region}:${local.account}:ipv4pool-ec2/${pool}"
  ]

  policy = jsonencode({
    Version = local.always.Version
    Statement = concat(
      local.always.Statement,
      [for statement in local.parts.kept : statement if var.kept],
      [for statement in local.parts.lent : statement if var.lent],
      [for statement in local.parts.reverse_dns : statement if var.reverse_dns],
      [for statement in local.parts.quota : statement if var.quota],
      [for statement in local.parts.pools : merge(statement, { Resource = local.pools }) if length(local.pools) > 0],
    )
  })
}
