"""The direction back as an AWS Lambda function on the table's stream: for more writes than one process applies.

`handler` is what AWS Lambda calls. `stream_function` applies events of one shard, and sweeps the stream. `password`
reads MySQL's password from Secrets Manager. The template, with the event source mapping that this expects, is generated
by `lifecycle.infrastructure.function`; `scripts/live_function.py` builds the archive.
"""
