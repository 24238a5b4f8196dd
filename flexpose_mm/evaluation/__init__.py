from .functional import *  # noqa: F401,F403
from .metrics import PoseDistributionMetric  # noqa: F401
