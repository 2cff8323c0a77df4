"""What a project's environment should be, and where it stands."""
