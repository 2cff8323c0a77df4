"""The whole house, running: the story of the demo, and what people see of it in a browser."""
