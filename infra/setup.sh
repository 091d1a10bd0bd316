#!/usr/bin/env bash
# Installs uv where there is none, then the locked dependencies. Run again, it takes a second.
set -euo pipefail
cd "$(dirname "$0")/.."

python=""
for candidate in python3.13 python3 python; do
  if found=$("$candidate" -c 'import sys; print(sys.executable if sys.version_info[:2] == (3, 13) else "")' 2>/dev/null) &&
    [ -n "$found" ]; then
    python=$found
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.13 is not installed (python3.13, python3 and python were tried): install it, then run this again." >&2
  exit 1
fi

if ! uv --version >/dev/null 2>&1; then
  echo "installing uv into .venv-tools"
  "$python" -m venv .venv-tools
  .venv-tools/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    --requirement infra/tools/uv.txt
  export PATH="$PWD/.venv-tools/bin:$PATH"
fi
uv sync --quiet --locked --python "$python"
