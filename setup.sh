#!/usr/bin/env bash
# Makes .venv with everything flexpose_mm needs; a second run takes a second.
#   PYTHON=/path/to/python3.11   another interpreter than the first one found
#   TORCH_INDEX=URL              e.g. https://download.pytorch.org/whl/cpu
set -u
cd "$(dirname "$0")" || exit 1
VENV=.venv
PY=$VENV/bin/python
LOG=$VENV/setup.log
STAMP=$VENV/.flexpose-ready
NEED_GB=8

say() { echo "[setup] $*"; }
fail() { echo "[setup] FAILED: $*" >&2; exit 1; }

wanted() {  # changes when another set-up is needed
    { pwd; cat requirements/*.txt setup.py setup.sh; } | cksum
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.10 python3.9 \
            python3}; do
        if "$candidate" -c 'import sys
sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

check_disk() {
    local free
    free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1048576)}')
    [ "$free" -ge "$NEED_GB" ] || fail "only $free GB free here, torch and" \
        "the rest take up to $NEED_GB: free some space, or move the folder," \
        "and run it again."
}

make_venv() {
    "$PY" -c '' 2>/dev/null && return
    local python
    python=$(find_python)
    [ -n "$python" ] || fail "no Python 3.9 to 3.12 found (numpy 1.26 has no" \
        "others): install python3.11, or name one: PYTHON=/path make setup."
    check_disk
    say "1/4 virtual environment in $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV" >/tmp/flexpose-venv.$$ 2>&1 || {
        tail -n 3 /tmp/flexpose-venv.$$ >&2
        rm -f /tmp/flexpose-venv.$$
        fail "cannot create $VENV: install the venv module (on Debian and" \
            "Ubuntu: apt install python3-venv) and check that this folder" \
            "is writable."
    }
    rm -f /tmp/flexpose-venv.$$
}

pip_install() {  # what for, then pip's arguments
    local what=$1
    shift
    say "$what"
    # bytecode is compiled on first import, for what is imported
    "$PY" -m pip install --disable-pip-version-check --no-input \
        --progress-bar off --no-compile -c requirements/constraints.txt \
        "$@" >>"$LOG" 2>&1 && return
    grep -iE 'error|no space|timed out|failed' "$LOG" | tail -n 3 >&2
    if grep -qi 'no space left' "$LOG"; then
        fail "the disk is full: free about $NEED_GB GB and run it again."
    elif grep -qiE 'connection|resolution|timed out|retrying' "$LOG"; then
        fail "the package index cannot be reached: check network and proxy" \
            "(or point PIP_INDEX_URL to a mirror) and run it again; it goes" \
            "on where it stopped. Details: $LOG"
    fi
    fail "pip could not install this step; see $LOG, and run it again."
}

has() { "$PY" -c "import importlib.metadata as m; m.version('$1')" 2>/dev/null; }

cv2_without_libgl() {  # opencv-python, if something brought it, needs libGL
    "$PY" -c 'import cv2' 2>>"$LOG" && return
    say "    cv2 does not load: putting the headless build in its place"
    "$PY" -m pip uninstall -y opencv-python opencv-python-headless \
        >>"$LOG" 2>&1
    pip_install '    opencv-python-headless' --no-deps opencv-python-headless
}

if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$(wanted)" ] && \
        "$PY" -c '' 2>/dev/null; then
    say "ready ($VENV is up to date)"
    exit 0
fi
make_venv
: >"$LOG" || fail "$VENV is not writable: check the rights of this folder."
pip_install '2/4 torch and libraries (a few GB, some minutes the first time)' \
    ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} torch torchvision wheel \
    -r requirements/runtime.txt -r requirements/tests.txt \
    -r requirements/images.txt
if has mmcv; then
    grep -v mmcv-lite requirements/host.txt >"$VENV/host.txt"
else
    cp requirements/host.txt "$VENV/host.txt"
fi
pip_install '3/4 MMPose, MMEngine, MMDetection, mmcv' --no-deps \
    -r "$VENV/host.txt"
pip_install '4/4 flexpose_mm itself, editable' --no-deps \
    --no-build-isolation -e .
cv2_without_libgl
"$PY" -W ignore -c 'import flexpose_mm, mmpose.models' >>"$LOG" 2>&1 || {
    tail -n 2 "$LOG" >&2
    fail "installed, but flexpose_mm does not import; see $LOG, or delete" \
        "$VENV and run it again."
}
wanted >"$STAMP"
say "done: $PY"
