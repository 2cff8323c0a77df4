"""The line from gateway and doors to the control plane, and the sockets on this machine.

Both processes ask, listen and are halted in the same way; neither knows a database.
"""
