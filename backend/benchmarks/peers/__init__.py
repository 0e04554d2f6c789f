"""The measured programs: one small module a peer, each run in a process of its own as `python -m`.

Nothing is imported here but the clock, so that a cold start counts everything from this line on.
"""

import time

BEGAN_WALL = time.perf_counter()
BEGAN_CPU = time.process_time()
