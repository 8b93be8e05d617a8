"""The workers' IAM policy, made for a cluster and a VPC."""
