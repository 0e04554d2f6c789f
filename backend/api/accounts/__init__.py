"""Signing in and out: identities, tokens, sessions."""
