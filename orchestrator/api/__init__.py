"""The JSON doors: typed input, actor, session, one service call, return."""
