"""The measured endpoints written the ordinary way: Django REST Framework, its ORM, the legacy schema on MariaDB.

Written as a good engineer writes it without measuring: what no answer shows is not fetched, joins replace
repeated queries, connections persist. It has no part in the product; `make bench-api` serves it.
"""
