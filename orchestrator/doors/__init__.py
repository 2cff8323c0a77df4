"""What a workspace may call: a filtered hub, the airlock's intake, packages. No database.

Who calls is known by the socket alone: one per notebook server and purpose. On a cluster it is
known by the pod's address and by a secret of its start, and both must fit. Whatever else a caller
says about itself is ignored, and every caller is hostile.
"""
