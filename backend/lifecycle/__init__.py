"""Changing tables that hold data: versioned changes, indexes built online, drift, and what is deployed around them."""
