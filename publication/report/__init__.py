"""The quarterly report: static pages in Swedish and English, written from a release's database.

Belongs here: what the pages say and how they look. Does not belong here: figures; every number on a
page is one that dbt computed, formatted.
"""
