"""Everything a laptop needs to run the operator: doubles of EC2, Kubernetes and Redis, and the demo."""
