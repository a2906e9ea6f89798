# Sourced by the scripts beside it: goes to the project's folder and sets PYTHON to a Python that will do.
cd "$(dirname "$0")/.." || exit 1
PYTHON=""
for candidate in .venv/bin/python ${SPORTELLO_PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        PYTHON="$candidate"
        break
    fi
done
if [ -z "$PYTHON" ]; then
    echo "Sportello needs Python 3.11 or newer and found none. Install it (Debian and Ubuntu: apt install python3 python3-venv;" >&2
    echo "macOS: brew install python@3.11), or set SPORTELLO_PYTHON to the path of one, and start this again." >&2
    exit 1
fi
