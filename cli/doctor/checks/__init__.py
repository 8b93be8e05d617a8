"""The checks: each a function of the facts, one module a subject."""
