"""What the service does, counted: latencies, units and errors by group, written to a table of their own.

The request's path only appends to a queue. A thread of each process counts, and writes one item a minute.
"""
