"""flexpose_mm.apis on models of milliseconds."""
import numpy as np
import pytest
import torch
from mmengine.config import Config

from bad_input_cases import ADAPT
from flexpose_mm import UserError
from flexpose_mm.apis import adapt, init_adapter, sample_poses


@pytest.fixture
def config(tmp_path):
    """An adaptation config without a prior, and without a data file."""
    path = tmp_path / 'config.py'
    text = ADAPT.replace('$', str(tmp_path))
    path.write_text(text + """
generator.pop('checkpoint')
param_scheduler = dict(type='LinearLR', start_factor=1., end_factor=.1,
                       end=3, by_epoch=False)
""")
    return str(path)


@pytest.fixture
def poses():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 200, (4, 15, 2)).astype(np.float32)


def tau(model):
    return model.generator.tau.blocks['3'].weight.detach()


def test_from_an_array_to_poses(config, poses, tmp_path):
    source = init_adapter(config)
    adapter = adapt(source, poses, iterations=4, seed=1)
    assert not adapter.training and torch.equal(tau(source), torch.eye(16))
    assert not torch.equal(tau(adapter), tau(source))
    assert not (tmp_path / 'work').exists()  # nothing is kept unasked
    weights = dict(source.named_parameters())
    changed = [
        name for name, value in adapter.named_parameters()
        if not torch.equal(value, weights[name])
    ]
    assert changed == ['generator.tau.blocks.3.weight']
    drawn = sample_poses(adapter, 5, batch_size=4, images=True)
    assert drawn['keypoints'].shape == (5, 15, 2)
    assert drawn['scores'].shape == (5, 15)
    assert drawn['images'].shape == (5, 3, 16, 16)
    assert all(v.dtype == np.float32 for v in drawn.values())
    again = sample_poses(adapter, 5, batch_size=4)
    assert np.array_equal(again['keypoints'], drawn['keypoints'])
    assert 'images' not in again


def test_a_kept_run_can_be_loaded_again(config, poses, tmp_path):
    work = tmp_path / 'kept'
    adapter = adapt(config, poses, work_dir=str(work), iterations=2)
    assert (work / 'shots.npz').is_file()
    again = init_adapter(config, str(work / 'iter_2.pth'))
    assert torch.equal(tau(again), tau(adapter))


def test_beside_a_checkpoint_no_source_is_read(config, tmp_path):
    source = init_adapter(config)
    path = str(tmp_path / 'adapter.pth')
    torch.save(dict(state_dict=source.state_dict()), path)
    gone = {'model.generator.checkpoint': str(tmp_path / 'gone.pth')}
    found = init_adapter(config, path, cfg_options=gone)
    assert torch.equal(tau(found), tau(source))
    with pytest.raises(UserError, match='gone.pth'):
        init_adapter(config, cfg_options=gone)


def test_equal_seeds_give_equal_weights(config, poses):
    first = adapt(config, poses, iterations=2, seed=5)
    second = adapt(Config.fromfile(config), poses, iterations=2, seed=5)
    assert torch.equal(tau(first), tau(second))


def test_joints_are_mapped_and_may_be_absent(config):
    rng = np.random.default_rng(0)
    poses = rng.uniform(0, 200, (3, 17, 2))
    visible = np.ones((3, 17))
    visible[0, 9] = 0  # a wrist
    adapter = adapt(config, poses, visible, 1, mapping='coco17')
    assert (adapter.targets[1] == 0).any()


@pytest.mark.parametrize('change, field', [
    (dict(poses=np.zeros((15, 2))), 'poses.shape'),
    (dict(poses=np.ones((1, 15, 2)).cumsum(1)), 'dataset'),
    (dict(poses=np.full((3, 15, 2), np.nan)), r'keypoints\[0\]'),
    (dict(poses=np.ones((3, 16, 2)).cumsum(1)), 'keypoints.shape'),
    (dict(visible=np.ones((4, 14))), 'visible.shape'),
    (dict(iterations=0), 'iterations'),
    (dict(seed=-1), 'seed'),
    (dict(config=torch.nn.Linear(1, 1)), 'config'),
])
def test_mistakes_are_named(config, poses, change, field):
    args = dict(dict(config=config, poses=poses), **change)
    with pytest.raises(UserError, match=field):
        adapt(**args)


def test_a_model_that_draws_no_poses_is_refused(config):
    cfg = Config.fromfile(config)
    cfg.model = cfg.beta
    with pytest.raises(UserError, match='model.type'):
        init_adapter(cfg)
