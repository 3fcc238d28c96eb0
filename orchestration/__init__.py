"""Conducts the rooms: Dagster's definitions and the command line. Nobody imports it."""
