"""`tre`: operators' commands use the settings on the machine, people's commands the API."""
