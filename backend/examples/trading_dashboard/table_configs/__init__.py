"""The tables of the example, a module each; `infra/examples/trading_dashboard-reader.json` may read them in `READ_IN`."""

READ_IN = ("demo", "prod")
