"""One module a platform, each with a `PLATFORM`; `app.py` serves every one it finds here."""
