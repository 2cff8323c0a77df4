"""Building the images of `workspace-images/`: what goes in, who builds, what lies where."""
