"""The opener's readers: one file per format, standard library and pillow only.

A reader gets bytes and an `Opening` to add virtual files to. It raises `Unreadable` where it must
stop; whatever else escapes it is caught at one place and becomes could-not-check.
"""
