"""One module a step; each makes at most one mutating EC2 call and is safe to repeat."""
