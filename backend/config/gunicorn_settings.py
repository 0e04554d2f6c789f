"""gunicorn's settings for the service: `gunicorn --config python:config.gunicorn_settings`."""

from __future__ import annotations

from pathlib import Path

wsgi_app = "config.wsgi"
# As many workers and threads as a small machine serves with.
workers = 2
threads = 4
worker_class = "config.gunicorn_worker.BoundedWorker"
# `socket.sendfile` would wait for slow readers without a limit.
sendfile = False
control_socket_disable = True
# The workers' heartbeats, where a busy disk does not delay them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 (gunicorn makes a file of its own)
