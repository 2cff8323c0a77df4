"""A real Kubernetes of one node, from its public sources, in namespaces of its own: for tests only.

`python -m tests.cluster.lab build | up | down | status`. An instance is one process tree in its own
mount, network, process, host name and message namespaces; ending its first process ends all of it.
"""
