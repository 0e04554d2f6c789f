"""The service as clients see it: one package per thing a user does, over the data layer `api.dynamodb`."""
