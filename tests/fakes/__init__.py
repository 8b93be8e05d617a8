"""In-memory stand-ins for the ports of workers.ports."""
