"""What is measured of a worker's steps and calls, and of what all workers share in Redis."""
