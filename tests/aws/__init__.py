"""What is said to EC2, and what its answers mean."""
