"""Ask the web server of this container whether it is ready: `python -m painplan.probe`, exit status 0 or 1."""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    link = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
    try:
        link.request("GET", "/readyz", headers={"Host": host})
        return 0 if link.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        link.close()


if __name__ == "__main__":
    sys.exit(main())
