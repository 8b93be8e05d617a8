"""`eip doctor`: whether an installation can do its work, and what to mend where it cannot.

Reading and judging are apart: `read_*` modules ask Kubernetes, Redis and AWS and put the answers into
`facts`; each check is a function of these facts alone.
"""
