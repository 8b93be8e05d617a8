"""What producer and workers mean alike: names, settings, the decision, the claim, and the ledger in Redis."""
