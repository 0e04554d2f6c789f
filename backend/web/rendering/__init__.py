"""What pages draw: highlighted code, differences of outputs, the map of activity. Pure functions of their input."""
