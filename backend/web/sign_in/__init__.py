"""Signing in with Google, or by email address in development, and signing out."""
