"""Fetches from platforms and files, and lands Parquet that is never rewritten."""
