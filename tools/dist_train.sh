#!/usr/bin/env bash
# Train with several processes: NCCL with CUDA, gloo without.
#   tools/dist_train.sh CONFIG NPROC [arguments of tools/train.py]
# Several machines: set NNODES, NODE_RANK, MASTER_ADDR, PORT on each.
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG NPROC [arguments of tools/train.py]" >&2
    exit 2
fi
TOOLS="$(cd "$(dirname "$0")" && pwd)"
PYTHON="${PYTHON:-$TOOLS/../.venv/bin/python}"
[ -x "$PYTHON" ] || PYTHON=python3
exec "$PYTHON" "$TOOLS/_launch.py" \
    --nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}" \
    --master_addr="${MASTER_ADDR:-127.0.0.1}" \
    --master_port="${PORT:-29500}" --nproc_per_node="$2" \
    "$TOOLS/train.py" "$1" --launcher pytorch "${@:3}"
