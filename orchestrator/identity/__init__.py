"""Who came, by which session or token, and which global roles they hold; never what they may see.

Membership, conflicts and access to one project are decided elsewhere, per subject.
"""
