"""FlexPose for MMPose: pose-distribution adaptation as a plugin.

Importing the package registers everything in MMPose's registries, which is
what ``custom_imports = dict(imports=['flexpose_mm'])`` in a config does.
"""
from .compat import apply_compat, require_host

require_host()
apply_compat()  # before any import that reaches mmpose.models

from . import (datasets, engine, evaluation, models,  # noqa: E402
               visualization)
from .errors import UserError  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = [
    'UserError', '__version__', 'datasets', 'engine', 'evaluation', 'models',
    'visualization'
]
