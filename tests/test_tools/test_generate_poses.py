"""tools/generate_poses.py with a model of milliseconds."""
import importlib.util
import json
import multiprocessing
import os
import signal
import sys

import numpy as np
import pytest
import torch

from flexpose_mm import UserError, io
from flexpose_mm.checkpoints import encode_meta
from flexpose_mm.models.samplers.part_file import PartFile

CONFIG = """
custom_imports = dict(imports=['flexpose_mm', 'stub_poses'])
model = dict(type='StubPoseModel', **kwargs)
"""
STUB = '''
import os
import signal

import torch
from mmengine.model import BaseModel
from mmpose.registry import MODELS
from torch import nn

from flexpose_mm.checkpoints import encode_meta
from flexpose_mm.models.samplers import PoseSampler


class Generator(nn.Module):
    style_channels, out_size = 2, 16

    def __init__(self, kill_at):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.kill_at, self.calls = kill_at, 0

    def buffered_noise(self):
        return []

    def forward(self, z, **kwargs):
        if self.calls == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.calls += 1
        image = z.new_zeros(len(z), 3, 16, 16)
        image[:, :2] = z[..., None, None] * self.scale
        return image


class Regressor(nn.Module):
    num_joints, size = 15, 16

    def regress(self, images):
        x = images.mean((2, 3))
        grid = torch.linspace(-0.5, 0.5, 15)
        points = torch.stack([grid + x[:, :1] / 9, grid ** 2 + x[:, 1:2] / 9],
                             -1)
        return points, (x[:, :1] > -1).float().expand(-1, 15)


@MODELS.register_module(force=True)
class StubPoseModel(BaseModel):
    canvas = dict(skeleton='body15', size=16)

    def __init__(self, kill_at=-1):
        super().__init__()
        self.generator = Generator(kill_at)

    def pose_sampler(self, **kwargs):
        return PoseSampler(self.generator, Regressor(), size=16,
                           **{'min_score': .5, **kwargs})

    def forward(self, *args):
        pass

    def get_extra_state(self):
        return encode_meta(self.canvas)

    def set_extra_state(self, state):
        pass
'''


@pytest.fixture
def tool(repo):
    path = repo / 'tools/generate_poses.py'
    spec = importlib.util.spec_from_file_location('generate_poses', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def args(tmp_path, monkeypatch):
    """CONFIG CHECKPOINT of the stub, in a folder of their own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / 'stub_poses.py').write_text(STUB)
    config, checkpoint = tmp_path / 'stub.py', tmp_path / 'stub.pth'
    config.write_text('kwargs = dict()' + CONFIG)
    save(checkpoint)
    yield [str(config), str(checkpoint), '--batch-size', '8', '--device',
           'cpu']
    sys.modules.pop('stub_poses', None)


def save(path, **meta):
    canvas = dict(dict(skeleton='body15', size=16), **meta)
    torch.save(
        dict(state_dict={
            'generator.scale': torch.ones(1),
            '_extra_state': encode_meta(canvas)
        }), path)


def test_npz_holds_canvas_poses(tool, args, tmp_path, capsys):
    out = str(tmp_path / 'poses.npz')
    tool.main(args + ['-n', '21', '-o', out])
    found = io.read_poses(out)
    assert found.keypoints.shape == (21, 15, 2)
    assert found.scores.shape == (21, 15)
    assert found.meta['seed'] == 0 and found.meta['n'] == 21
    report = capsys.readouterr().out
    assert '21 poses' in report and 'rejected' in report and 'MiB' in report
    assert not [f for f in os.listdir(tmp_path) if 'part' in f or 'tmp' in f]


def test_json_and_npz_hold_the_same_poses(tool, args, tmp_path):
    files = [str(tmp_path / f'poses{s}') for s in io.SUFFIXES]
    for out in files:
        tool.main(args + ['-n', '9', '-o', out])
    a, b = map(io.read_poses, files)
    assert np.abs(a.keypoints - b.keypoints).max() < 2e-4
    assert a.meta == b.meta


def test_json_loads_in_coco_and_mmpose(tool, args, tmp_path):
    from mmpose.datasets import CocoDataset
    from xtcocotools.coco import COCO

    from flexpose_mm.skeletons import BODY15
    out = str(tmp_path / 'poses.json')
    tool.main(args + ['-n', '9', '-o', out])
    assert len(COCO(out).getAnnIds()) == 9
    data = CocoDataset(out, metainfo=BODY15.metainfo, test_mode=True)
    assert len(data) == 9
    item = data.get_data_info(3)
    want = io.canvas_to_pixels(io.read_poses(out).keypoints[3], 16)
    assert np.allclose(item['keypoints'][0], want, atol=1e-3)
    assert item['keypoints_visible'].min() == 1
    assert item['bbox'].shape == (1, 4) and item['num_keypoints'] == 15


def test_killed_and_resumed_equals_undisturbed(tool, args, tmp_path):
    whole, cut = (str(tmp_path / f'{n}.json') for n in ('whole', 'cut'))
    tool.main(args + ['-n', '61', '-o', whole])
    config = args[0]
    with open(config, 'w') as f:
        f.write('kwargs = dict(kill_at=9)' + CONFIG)
    child = multiprocessing.get_context('fork').Process(
        target=tool.main, args=(args + ['-n', '61', '-o', cut], ))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL and not os.path.exists(cut)
    with open(cut + '.part', 'ab') as f:
        f.write(b'torn block')
    with open(config, 'w') as f:
        f.write('kwargs = dict()' + CONFIG)
    tool.main(args + ['-n', '61', '-o', cut, '--resume'])
    with open(whole, 'rb') as a, open(cut, 'rb') as b:
        assert a.read() == b.read()
    assert not os.path.exists(cut + '.part')


def test_resumed_npz_equals_undisturbed(tool, args, tmp_path, monkeypatch):
    whole, cut = (str(tmp_path / f'{n}.npz') for n in ('whole', 'cut'))
    tool.main(args + ['-n', '61', '-o', whole])
    append, blocks = PartFile.append, []

    def fail_at_the_fourth(self, *block):
        blocks.append(block)
        if len(blocks) == 4:
            raise OSError(28, 'No space left on device')
        append(self, *block)

    monkeypatch.setattr(PartFile, 'append', fail_at_the_fourth)
    with pytest.raises(OSError):
        tool.main(args + ['-n', '61', '-o', cut])
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(tmp_path))
    tool.main(args + ['-n', '61', '-o', cut, '--resume'])
    with open(whole, 'rb') as a, open(cut, 'rb') as b:
        assert a.read() == b.read()


def test_resume_of_another_run_is_refused(tool, args, tmp_path):
    out = str(tmp_path / 'poses.npz')
    PartFile(out + '.part', dict(seed=5), 8, 15, False)
    with pytest.raises(UserError, match='begun with another'):
        tool.main(args + ['-n', '9', '-o', out, '--resume'])


def test_part_file_stops_at_a_damaged_block(tmp_path):
    path = str(tmp_path / 'x.part')
    part = PartFile(path, {}, 2, 3, False)
    for i in range(3):
        part.append(np.full((2, 3, 2), i, 'f4'), np.ones((2, 3), 'f4'), i)
    with open(path, 'r+b') as f:
        f.seek(part.start + part.block_bytes + 20)
        f.write(b'\xff')
    again = PartFile(path, {}, 2, 3, True)
    assert again.blocks == 1 and again.rejected == 0
    assert os.path.getsize(path) == part.start + part.block_bytes
    rows = list(again.rows(1))
    assert len(rows) == 1 and rows[0][0].shape == (1, 3, 2)


def test_all_poses_rejected(tool, args, tmp_path):
    save(args[1])
    state = torch.load(args[1], weights_only=True)
    state['state_dict']['generator.scale'].fill_(float('nan'))
    torch.save(state, args[1])
    with pytest.raises(UserError, match='accepted only 0 of'):
        tool.main(args + ['-n', '9', '-o', str(tmp_path / 'a.npz')])


@pytest.mark.parametrize('change, field', [
    (['-n', '0'], 'n=0'),
    (['--batch-size', '0'], 'batch_size=0'),
    (['--seed', '-1'], 'seed=-1'),
    (['-o', 'poses.csv'], 'must end in'),
    (['-o', '/nowhere/poses.npz'], 'does not exist'),
    (['--device', 'toaster'], '--device'),
    (['--min-score', '7'], 'min_score=7'),
])
def test_wrong_arguments(tool, args, tmp_path, change, field):
    out = ['-n', '9', '-o', str(tmp_path / 'a.npz')]
    with pytest.raises(UserError, match=field):
        tool.main(args + out + change)


def test_missing_checkpoint(tool, args, tmp_path):
    args[1] = str(tmp_path / 'none.pth')
    with pytest.raises(UserError, match='no such file'):
        tool.main(args + ['-n', '9', '-o', str(tmp_path / 'a.npz')])


@pytest.mark.parametrize('meta', [dict(skeleton='hand21'), dict(size=128)])
def test_checkpoint_of_another_canvas(tool, args, tmp_path, meta):
    save(args[1], **meta)
    with pytest.raises(UserError, match=next(iter(meta))):
        tool.main(args + ['-n', '9', '-o', str(tmp_path / 'a.npz')])


def test_model_that_draws_no_poses(tool, args, tmp_path):
    with open(args[0], 'w') as f:
        f.write("model = dict(type='SkeletonEncoder')\n"
                "custom_imports = dict(imports=['flexpose_mm'])")
    with pytest.raises(UserError, match='draws no poses'):
        tool.main(args + ['-n', '9', '-o', str(tmp_path / 'a.npz')])


def test_read_only_folder(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(io.tempfile, 'TemporaryFile', refuse)
    with pytest.raises(UserError, match='not writable'):
        io.check_output(str(tmp_path / 'a.npz'))


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = str(tmp_path / 'a.json')
    with open(path, 'w') as f:
        f.write('old')
    with pytest.raises(OSError):
        with io.atomic_write(path) as f:
            f.write(b'half')
            raise OSError(28, 'No space left on device')
    assert open(path).read() == 'old' and len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize('name, content', [
    ('a.json', b'{"info": {}'), ('a.json', b'[]'), ('a.npz', b'PK\x03'),
    ('a.npz', b'nothing'), ('a.json', json.dumps(dict(info={})).encode())])
def test_damaged_files(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match='damaged'):
        io.read_poses(str(path))


def test_no_file_to_read(tmp_path):
    with pytest.raises(UserError, match='no such'):
        io.read_poses(str(tmp_path / 'a.npz'))
