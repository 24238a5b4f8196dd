"""What upstream breaks on today's stack, each patch with its reason.

Every patch does nothing where it is not needed, may be applied twice, and
leaves a complete installation (full mmcv, older torch, older setuptools) as
it found it.
"""
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import sys
import types

_HOST = ('mmengine', 'mmcv', 'mmpose', 'mmdet', 'torchvision')


def require_host() -> None:
    """Say which package is missing before a deep import fails on it.

    Raises:
        ImportError: If MMPose or one of the packages it needs is absent.
    """
    missing = [name for name in _HOST if not _importable(name)]
    if missing:
        raise ImportError(
            f'flexpose_mm is a plugin of MMPose 1.x and needs '
            f'{", ".join(missing)}: run `make setup` in the flexpose_mm '
            'repository, or install MMPose as its manual says.')


def apply_compat() -> None:
    """Apply all patches; called by ``import flexpose_mm``."""
    stand_in_for_mmcv_ext()
    allow_mmengine_checkpoints()
    replace_pkg_resources()


def _importable(name: str) -> bool:
    try:
        return name in sys.modules or \
            importlib.util.find_spec(name) is not None
    except ValueError:  # in sys.modules without a spec
        return True


# --------------------------------------------------------------------------
# mmcv-lite has mmcv/ops/*.py but not the compiled module they load on
# import, and mmpose.models imports mmcv.ops (EDPose head) unconditionally.
class _MissingExt(types.ModuleType):
    """`mmcv._ext` whose every function says what is missing when called."""

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)

        def missing_op(*args, **kwargs):
            raise ImportError(
                f'mmcv op {name!r} needs the compiled mmcv: mmcv-lite has '
                'none; install the full package (`pip install mmcv==2.1.0`, '
                'or `mim install mmcv==2.1.0`).')

        missing_op.__name__ = name
        return missing_op


def stand_in_for_mmcv_ext() -> bool:
    """Let ``import mmcv.ops`` succeed with mmcv-lite.

    The stand-in's spec has no loader, so ``mmcv_full_available()`` of
    MMEngine and ``check_ops_exist()`` of mmcv go on answering False.

    Returns:
        bool: True if the stand-in was put in place by this call.
    """
    if _importable('mmcv._ext'):
        return False
    module = _MissingExt('mmcv._ext')
    module.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', None)
    sys.modules['mmcv._ext'] = module
    return True


# --------------------------------------------------------------------------
# torch >= 2.6 loads with weights_only=True, MMEngine's checkpoints hold
# HistoryBuffer objects and numpy arrays: --resume fails without these names.
def _history_getattr(obj, name: str):
    """The `getattr` that HistoryBuffer's pickle asks for, and no more.

    A pickled HistoryBuffer names its statistics as
    ``getattr(HistoryBuffer, 'mean')``. The real getattr would hand code in
    a checkpoint every attribute of every allowed object.
    """
    from mmengine.logging import HistoryBuffer
    if obj is HistoryBuffer and name in ('min', 'max', 'mean', 'current'):
        return getattr(HistoryBuffer, name)
    raise ValueError(f'a checkpoint must not ask for {obj!r}.{name}')


def _numpy_globals() -> list:
    """What pickled numpy arrays and scalars of plain numbers consist of."""
    import numpy as np
    try:
        from numpy._core import multiarray  # numpy 2
    except ImportError:
        from numpy.core import multiarray
    found = [np.ndarray, np.dtype]
    for core in ('numpy.core.multiarray', 'numpy._core.multiarray'):
        found.append((multiarray._reconstruct, f'{core}._reconstruct'))
        found.append((multiarray.scalar, f'{core}.scalar'))
    codes = '?bhilqBHILQefdgFD'
    found += sorted({type(np.dtype(c)) for c in codes}, key=str)
    return found + [type(np.dtype('U1')), type(np.dtype('S1'))]


def allow_mmengine_checkpoints() -> bool:
    """Name MMEngine's own classes safe to torch's weights-only loader.

    Loading stays restricted: any other global in a checkpoint is refused.

    Returns:
        bool: True if torch has a weights-only default to be taught.
    """
    import torch
    if tuple(map(int, torch.__version__.split('.')[:2])) < (2, 6):
        return False  # loads without the restriction, as MMEngine expects
    from mmengine.logging import HistoryBuffer
    # bytes: how an empty array is pickled, such as the sigmas of freihand2d
    torch.serialization.add_safe_globals(
        [HistoryBuffer, bytes, (_history_getattr, 'builtins.getattr')] +
        _numpy_globals())
    return True


# --------------------------------------------------------------------------
# mmengine.utils.is_installed and get_installed_path import pkg_resources,
# gone with setuptools 82; inheritance from `mmpose::...` goes through both.
def _is_installed(package: str) -> bool:
    """As ``mmengine.utils.is_installed``, on importlib.metadata."""
    try:
        importlib.metadata.distribution(package)
        return True
    except importlib.metadata.PackageNotFoundError:
        spec = importlib.util.find_spec(package)
        return spec is not None and spec.origin is not None


def _get_installed_path(package: str) -> str:
    """As ``mmengine.utils.get_installed_path``, on importlib."""
    import os.path as osp

    from mmengine.utils.package_utils import package2module
    spec = importlib.util.find_spec(package)
    if spec is None:
        spec = importlib.util.find_spec(package2module(package))
    if spec is None or spec.origin is None:
        raise RuntimeError(f'{package} is not installed as a package')
    return osp.dirname(spec.origin)


def replace_pkg_resources() -> bool:
    """Free MMEngine of pkg_resources where setuptools has dropped it.

    Returns:
        bool: True if MMEngine's functions were replaced.
    """
    if _importable('pkg_resources'):
        return False
    import mmengine.config.config
    import mmengine.config.utils
    import mmengine.utils  # noqa: F401
    for module in list(sys.modules.values()):
        if not getattr(module, '__name__', '').startswith('mmengine'):
            continue
        names = vars(module)
        if getattr(names.get('is_installed'), '__module__',
                   '').startswith('mmengine'):
            module.is_installed = _is_installed
        if getattr(names.get('get_installed_path'), '__module__',
                   '').startswith('mmengine'):
            module.get_installed_path = _get_installed_path
    return True
