"""A Kubernetes API server in memory: what a controller of pods needs of it, with faults on request.

The contract suite in tests/doubles/kubernetes runs one body of tests against this server and
against a real kube-apiserver, so what it answers is what the real one answers.
"""
