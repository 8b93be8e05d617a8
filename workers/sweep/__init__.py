"""The sweep: what EC2, the claims and Kubernetes say is compared, and what differs is mended."""
