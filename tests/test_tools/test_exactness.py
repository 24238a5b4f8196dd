"""Killed and resumed, or split over two processes: the same weights.

On a CPU a resumed run is equal to the last bit. Two processes add the same
numbers in another order, so there the weights agree within ``TOLERANCE`` of
the distance that training moved them.
"""
import socket

import pytest
import tiny
import tiny_lifting
import torch
from test_train import same, weights
from toy_plugin import KillHook  # noqa: F401  registered for the configs

#: Gap over the way travelled; Adam's first steps are signs of gradients, so
#: that roundings show. Seen: 9.9e-4 (gan), 1.9e-6 (adapter), 4.8e-3
#: (lifter), 5.2e-7 (posynda).
TOLERANCE = dict(gan=1e-2, adapter=1e-4, lifter=2e-2, posynda=1e-4)
SEPARATE = dict(
    type='MMSeparateDistributedDataParallel',
    broadcast_buffers=False,
    find_unused_parameters=True)
ADAPTER_HOOKS = [
    dict(type='SyncBuffersHook'),
    dict(type='ExactResumeHook'),
    dict(type='PrepareAdapterHook')
]
GROWING = dict(  # 16 px from the fifth iteration on, after a checkpoint
    type='ProgressiveGrowingHook',
    nkimgs_per_scale={8: .016, 16: 1},
    transition_kimgs=.016)


def gan_fields(folder, batch, **model):
    return tiny.fields(
        folder, tiny.gan(r1_interval=2, **model), tiny.poses(32),
        tiny.two_adams(), iters=6, batch=batch, model_wrapper_cfg=SEPARATE,
        custom_hooks=[
            dict(type='SyncBuffersHook'),
            dict(type='ExactResumeHook'), GROWING
        ])


def adapter_fields(folder, batch, **model):
    return tiny.fields(
        folder, tiny.adapter(pairing='resample', **model), tiny.mixup(16),
        tiny.adam(), iters=6, batch=batch, custom_hooks=ADAPTER_HOOKS)


def lifter_fields(folder, batch, few=False):
    return lifting_fields(folder, batch, tiny_lifting.lifter(),
                          tiny_lifting.clips(indices=1 if few else None))


def posynda_fields(folder, batch, few=False):
    folder.mkdir(exist_ok=True)
    source = tiny.build(tiny_lifting.lifter())
    torch.save(dict(state_dict=source.state_dict()), folder / 'source.pth')
    model = tiny_lifting.lifter(
        tiny_lifting.adaptation(teacher=dict(momentum=.5, interval=1)),
        str(folder / 'source.pth'))
    return lifting_fields(
        folder, batch, model,
        tiny_lifting.pairs(indices=1 if few else None))


def lifting_fields(folder, batch, model, data):
    model['backbone']['denoiser']['drop_path_rate'] = 0.
    return tiny.fields(
        folder, model, data, tiny.adam(.001), iters=6, batch=batch,
        custom_hooks=[dict(type='SyncBuffersHook'),
                      dict(type='ExactResumeHook')])


def write(path, fields, **more):
    """A config file with the given fields."""
    fields = dict(fields, **more)
    fields['default_hooks']['checkpoint']['interval'] = 2
    fields['custom_imports'] = dict(
        imports=['flexpose_mm'], allow_failed_imports=False)
    path.write_text('\n'.join(f'{k} = {v!r}' for k, v in fields.items()))
    return path


KINDS = dict(
    gan=gan_fields,
    adapter=adapter_fields,
    lifter=lifter_fields,
    posynda=posynda_fields)


@pytest.mark.parametrize('kind', KINDS)
def test_killed_run_resumes_to_the_same_bits(kind, tmp_path, call,
                                             call_forked):
    fields = KINDS[kind](tmp_path, 4)
    config = write(tmp_path / 'run.py', fields)
    deadly = write(
        tmp_path / 'deadly.py', fields, custom_hooks=fields['custom_hooks'] +
        [dict(type='KillHook', at=5)])
    whole, cut = tmp_path / 'whole', tmp_path / 'cut'
    code, err = call('train', config, '--work-dir', whole)
    assert code == 0, err
    assert call_forked('train', deadly, '--work-dir', cut) == -9
    assert sorted(p.name for p in cut.glob('*.pth')) == [
        'iter_2.pth', 'iter_4.pth'
    ]
    code, err = call('train', config, '--work-dir', cut, '--resume')
    assert code == 0, err
    assert same(weights(whole, 'iter_6.pth'), weights(cut, 'iter_6.pth'))


@pytest.mark.timeout(600)  # three interpreters start, 20 s if idle
@pytest.mark.parametrize('kind', KINDS)
def test_two_processes_equal_one_of_double_batch(kind, tmp_path, call, shell,
                                                 monkeypatch):
    model = {}
    if kind == 'gan':  # statistics of a minibatch see one process only
        model = dict(discriminator=tiny.discriminator(mbstd_cfg=None))
    if kind in ('lifter', 'posynda'):
        # processes give other clips the same noise: with a single clip of
        # each domain the batches are equal
        model = dict(few=True)
    for batch, name in ((4, 'one'), (2, 'two')):
        write(tmp_path / f'{name}.py',
              KINDS[kind](tmp_path / name, batch, **model))
    code, err = call('train', tmp_path / 'one.py')
    assert code == 0, err
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        monkeypatch.setenv('PORT', str(probe.getsockname()[1]))
    done = shell('tools/dist_train.sh', tmp_path / 'two.py', 2)
    assert done.returncode == 0, done.stderr
    start, one, two = (
        weights(tmp_path / folder, file)
        for folder, file in (('one', 'iter_2.pth'), ('one', 'iter_6.pth'),
                             ('two', 'iter_6.pth')))
    assert one['iteration'] == two['iteration'] == 6
    worst = max(
        distance(start[k], one[k], two[k]) for k in one
        if one[k].is_floating_point())
    print(f'{kind}: {worst:.1e} of the way')
    assert worst < TOLERANCE[kind]


def distance(start, one, two):
    """Difference of two ends relative to the way from the start."""
    way = (one - start).double().norm()
    gap = (one - two).double().norm()
    return 0. if gap == 0 else float(gap / way) if way > 0 else torch.inf
