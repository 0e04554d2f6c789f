"""Signing in by Google, or in development by one click; signing out."""
