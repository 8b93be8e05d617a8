"""What the command can see of Redis, Kubernetes and EC2, and what it could not see, and why."""
