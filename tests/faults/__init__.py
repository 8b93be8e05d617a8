"""The whole operator in one process, in virtual time, under every fault: nothing lost, nothing leaked."""
