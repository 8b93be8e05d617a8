"""Everything that speaks to EC2."""
