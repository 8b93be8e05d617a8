output "role_arn" {
  description = "ARN of the workers' role; with IRSA the value of worker.serviceAccount.annotations.\"eks.amazonaws.com/role-arn\"."
  value       = aws_iam_role.workers.arn
}

output "policy_arn" {
  description = "ARN of the workers' policy."
  value       = aws_iam_policy.workers.arn
}
