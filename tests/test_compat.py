"""compat.py: what it mends, what it leaves alone, what stays refused."""
import importlib.machinery
import io
import os
import sys
import types

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub

from flexpose_mm import compat


def saved(thing):
    """A file object with ``thing`` in it, ready to be loaded."""
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    return file


class Evil:
    """Runs a shell command when unpickled."""

    def __reduce__(self):
        return os.system, ('echo pwned > /tmp/flexpose-pwned', )


class Reach:
    """Asks for an attribute of an allowed object."""

    def __reduce__(self):
        from mmengine.logging import HistoryBuffer
        return getattr, (HistoryBuffer, '__init__')


def test_a_real_message_hub_loads_with_the_default():
    hub = MessageHub.get_instance('compat-test')
    for step in range(5):
        hub.update_scalar('train/loss', float(step))
    hub.update_info('keep_ckpt_ids', [1, 2])
    meta = dict(
        sigmas=np.ones(3, np.float32),
        score=np.float64(0.5),
        count=np.int64(3),
        names=np.array(['a', 'bc']),
        seen=np.array([True, False]))
    found = torch.load(saved(dict(hub=hub.state_dict(), meta=meta)))
    buffer = found['hub']['log_scalars']['train/loss']
    assert buffer.mean() == 2.0 and buffer.statistics('max') == 4.0
    assert found['meta']['score'] == 0.5
    assert found['meta']['names'].tolist() == ['a', 'bc']
    np.testing.assert_array_equal(found['meta']['sigmas'], meta['sigmas'])


@pytest.mark.parametrize('bad', [Evil(), Reach()])
def test_code_in_a_checkpoint_is_refused(bad):
    with pytest.raises(Exception, match='Unsupported|must not|Weights only'):
        torch.load(saved(dict(state_dict=bad)))
    assert not os.path.exists('/tmp/flexpose-pwned')


def test_protection_is_not_turned_off():
    assert 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD' not in os.environ
    assert getattr not in torch.serialization.get_safe_globals()


def test_older_torch_is_left_alone(monkeypatch):
    monkeypatch.setattr(torch, '__version__', '2.5.1+cu121')
    monkeypatch.setattr(torch.serialization, 'add_safe_globals', None)
    assert compat.allow_mmengine_checkpoints() is False


def test_full_mmcv_is_left_alone(monkeypatch):
    full = types.ModuleType('mmcv._ext')
    full.__spec__ = importlib.machinery.ModuleSpec('mmcv._ext', object())
    monkeypatch.setitem(sys.modules, 'mmcv._ext', full)
    assert compat.stand_in_for_mmcv_ext() is False
    assert sys.modules['mmcv._ext'] is full


def test_lite_mmcv_is_still_known_as_lite():
    from mmcv.ops import nms
    from mmengine.utils.dl_utils import mmcv_full_available
    if mmcv_full_available():
        pytest.skip('the full mmcv is installed here')
    with pytest.raises(ImportError, match='install the full package'):
        nms(torch.rand(3, 4), torch.rand(3), 0.5)


def test_applying_twice_changes_nothing():
    before = sys.modules['mmcv._ext']
    compat.apply_compat()
    assert sys.modules['mmcv._ext'] is before


def test_without_pkg_resources(monkeypatch):
    import mmengine.config.config as config
    import mmengine.utils as utils
    from mmengine.utils import package_utils
    originals = [(module, name, getattr(module, name))
                 for module in list(sys.modules.values())
                 for name in ('is_installed', 'get_installed_path')
                 if getattr(module, '__name__', '').startswith('mmengine')
                 and name in vars(module)]
    monkeypatch.setattr(compat, '_importable', lambda name: False)
    monkeypatch.setitem(sys.modules, 'pkg_resources', None)
    try:
        assert compat.replace_pkg_resources() is True
        assert utils.is_installed is compat._is_installed
        assert config.is_installed is package_utils.is_installed
        assert utils.is_installed('mmpose')
        assert not utils.is_installed('no_such_package')
        assert utils.get_installed_path('mmpose').endswith('mmpose')
    finally:
        for module, name, value in originals:
            setattr(module, name, value)


def test_missing_mmpose_is_named(monkeypatch):
    monkeypatch.setattr(compat, '_importable', lambda name: name != 'mmpose')
    with pytest.raises(ImportError, match='needs mmpose: run `make setup`'):
        compat.require_host()
