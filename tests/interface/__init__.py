"""Which network interface has a pod's IP."""
