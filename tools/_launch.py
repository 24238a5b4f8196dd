"""torchrun for dist_train.sh that ends without a traceback.

torchrun answers a failed worker with a traceback of its own; the worker
has said what was wrong already, so only its exit code is passed on.
"""
import sys

from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun


def main() -> int:
    """Run torchrun on ``sys.argv``; return the failed worker's exit code."""
    try:
        torchrun(sys.argv[1:])
    except ChildFailedError as error:
        return error.get_first_failure()[1].exitcode
    return 0


if __name__ == '__main__':
    sys.exit(main())
