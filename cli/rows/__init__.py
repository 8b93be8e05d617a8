"""What is shown of claims, addresses, queues and plans: rows and words, made without any call."""
