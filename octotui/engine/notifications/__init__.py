"""Telling hooks and people."""
