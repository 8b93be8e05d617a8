"""How Celery consumes: which messages are let in, in which order queues are served, what starts with it."""
