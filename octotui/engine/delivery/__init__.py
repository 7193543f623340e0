"""Delivery: saved results put where a farm keeps things, proved to be there, and brought back when they are needed."""
