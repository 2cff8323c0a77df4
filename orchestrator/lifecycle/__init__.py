"""The one door for state: transition tables and the function that moves a row along them."""
