"""A dashboard over five tables of a trading bot, on the parts of the operator's dashboard."""
