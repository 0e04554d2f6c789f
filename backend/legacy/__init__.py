"""The source of the move: the MySQL schema that AlgoItny ran on. The service imports nothing of it."""
