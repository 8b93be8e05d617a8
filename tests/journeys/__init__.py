"""The whole path with real processes, on doubles of EC2 and on both clusters."""
