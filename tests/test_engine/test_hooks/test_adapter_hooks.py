"""PrepareAdapterHook and SampleGridHook."""
import tiny
import torch
from mmpose.registry import HOOKS


class Model(torch.nn.Module):
    """Knows what it was shown and in which mode it was asked to draw."""

    def prepare(self, dataset):
        self.shown = dataset

    def preview(self, n):
        self.drew = (n, self.training)
        return dict(one=torch.zeros(n, 3, 4, 4), two=torch.ones(n, 3, 4, 4))


class Visualizer:
    """Keeps pictures."""

    def __init__(self):
        self.pictures = {}

    def add_image(self, name, picture, step):
        self.pictures[name, step] = picture


class Runner:
    """The parts of MMEngine's runner that the hooks use."""

    def __init__(self, model):
        self.model, self.iter, self.visualizer = model, 0, Visualizer()
        self.work_dir = 'work'
        self.train_dataloader = type('', (), dict(dataset=[1, 2]))


def test_target_poses_are_shown_to_the_model():
    run = Runner(Model())
    HOOKS.build(dict(type='PrepareAdapterHook')).before_train(run)
    assert run.model.shown == [1, 2] and run.model.work_dir == 'work'


def test_grids_at_their_steps():
    run = Runner(Model().train())
    hook = HOOKS.build(
        dict(type='SampleGridHook', interval=2, num_samples=4, ncol=2))
    hook.before_train(run)
    for run.iter in range(3):
        hook.after_train_iter(run, run.iter)
    found = run.visualizer.pictures
    assert set(found) == {(f'samples_{name}', step)
                          for name in ('one', 'two') for step in (0, 2)}
    assert found['samples_one', 0].ndim == 3
    assert run.model.drew == (4, False) and run.model.training


def test_wrappers_are_looked_through(tmp_path):
    from mmengine.model import MMSeparateDistributedDataParallel as Wrapper
    wrapper = Wrapper.__new__(Wrapper)
    torch.nn.Module.__init__(wrapper)
    wrapper.module = Model()
    run = Runner(wrapper)
    HOOKS.build(dict(type='PrepareAdapterHook')).before_train(run)
    assert wrapper.module.shown == [1, 2]


def test_an_adapter_is_prepared_before_it_trains(tmp_path):
    runner = tiny.runner(
        tmp_path, tiny.adapter(), tiny.mixup(8), tiny.adam(), iters=1,
        custom_hooks=[
            dict(type='PrepareAdapterHook'),
            dict(type='SampleGridHook', interval=1, num_samples=2)
        ],
        visualizer=dict(
            type='Visualizer', vis_backends=[dict(type='LocalVisBackend')]))
    runner.train()
    assert len(runner.model.anchors) == 6
    names = {p.name for p in tmp_path.rglob('samples_*.png')}
    assert names == {f'samples_{kind}_{i}.png'
                     for kind in ('source', 'adapted') for i in (0, 1)}
