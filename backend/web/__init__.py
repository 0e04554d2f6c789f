"""The pages: server-rendered, over the same functions as the API, usable without JavaScript."""
