"""The migration's source: the MySQL schema of the old AlgoItny. The service does not import it."""
