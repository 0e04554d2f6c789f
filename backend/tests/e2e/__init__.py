"""The service in a real browser: Chromium, gunicorn as `make run` serves it, and a small demonstration moved in."""
