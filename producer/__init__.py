"""Watches pods, decides what each is to have, and enqueues a wake-up for what changed."""
