"""Chaos: the real processes in steady churn while everything around them fails; then the verdict."""
