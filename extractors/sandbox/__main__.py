"""`python -m extractors.sandbox [PORT]`: serve the bundled world until interrupted."""

from __future__ import annotations

import sys

from extractors.sandbox.server import HOST, run

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    sys.stderr.write(f"Sandbox on http://{HOST}:{port}; Ctrl-C ends it.\n")
    run(port)
