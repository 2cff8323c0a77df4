"""What a workspace may call: a filtered hub, the airlock's intake, packages. No database.

Who calls is known by the socket alone: one per notebook server and purpose. Whatever a caller
says about itself is ignored, and every caller is hostile.
"""
