"""Server-rendered pages over the same functions as the API. They work without JavaScript."""
