"""`python -m sandbox.demo`: the whole operator at work on this machine, from label to release."""
