setup: ; python3 -m venv .venv && .venv/bin/python -m pip install --require-hashes -q -r requirements.txt
