"""RegDA and UDAPE in a runner, and DomainPairDataset."""
import copy

import numpy as np
import pytest
import tiny
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS

from flexpose_mm import UserError
from flexpose_mm.datasets.datasets.collect import collect_items
from flexpose_mm.engine.optim import InverseDecayLR
from flexpose_mm.models.estimators.regda import seen_twice
from flexpose_mm.models.uda import regression_disparity

CODEC = dict(type='ArgmaxHeatmap', input_size=(32, 32), heatmap_size=(8, 8),
             sigma=1)
BRANCH = dict(type='HeatmapHead', in_channels=8, out_channels=15,
              deconv_out_channels=None, decoder=CODEC)
LAYERS = dict(conv_out_channels=(8, ), conv_kernel_sizes=(3, ))
TRUNK = dict(type='HeatmapHead', in_channels=32, out_channels=15,
             deconv_out_channels=(8, 8, 8), decoder=CODEC)
COMMON = dict(
    data_preprocessor=dict(
        type='DomainPairPreprocessor', mean=[120.] * 3, std=[60.] * 3,
        bgr_to_rgb=True),
    backbone=dict(type='ResNet', depth=18, stem_channels=8, base_channels=4),
    sigma=1.)
SGD = dict(type='SGD', lr=.05, momentum=.9)
FEATURE = ['backbone', 'head.deconv_layers']


def regda(**kwargs):
    return {**COMMON, **dict(type='RegDA', head=dict(TRUNK, **LAYERS),
                             head_adv=dict(BRANCH, **LAYERS),
                             pretrain_head=BRANCH, pretrain_iters=2),
            **kwargs}


def udape(**kwargs):
    return {**COMMON, **dict(type='UDAPE', head=TRUNK, pretrain_iters=2,
                             style=dict(type='AdaINStyle')), **kwargs}


def regda_optim():
    return dict(
        constructor='MultiOptimWrapperConstructor',
        pretrain=dict(modules=[*FEATURE, 'pretrain_head'], optimizer=SGD),
        feature=dict(modules=FEATURE, optimizer=SGD),
        head=dict(modules=['head.conv_layers', 'head.final_layer'],
                  optimizer=SGD),
        head_adv=dict(optimizer=SGD))


def images(domain='source', size=12, transformed=True, **kwargs):
    return dict(
        type='SyntheticPoseDataset', domain=domain, size=size, images=True,
        image_size=48, pipeline=[
            dict(type='GetBBoxCenterScale'),
            dict(type='TopdownAffine', input_size=(32, 32)),
            dict(type='PackPoseInputs', pack_transformed=transformed)
        ], **kwargs)


def pair(**kwargs):
    return dict(type='DomainPairDataset', source=images(**kwargs),
                target=images('target', 5))


KINDS = dict(regda=(regda, regda_optim), udape=(udape, tiny.adam))
HOOKS = [dict(type='SyncBuffersHook'), dict(type='ExactResumeHook')]


def runner(folder, kind, dataset=None, resume=None, weights=None, iters=4,
           **model):
    build, optim = KINDS[kind]
    cfg = tiny.fields(folder, build(**model), dataset or pair(), optim(),
                      iters=iters, custom_hooks=HOOKS)
    cfg['default_hooks']['checkpoint']['interval'] = 1
    cfg['train_cfg'].pop('val_interval')
    cfg['experiment_name'] = f'{kind}_{next(tiny._names)}'
    if resume:
        cfg.update(load_from=str(resume), resume=True)
    if weights:
        cfg['load_from'] = str(weights)
    return Runner.from_cfg(Config(cfg))


def state(folder, name):
    return torch.load(folder / name, weights_only=True)['state_dict']


def moved(folder, first, second):
    """Names of floating-point weights that two checkpoints differ in."""
    a, b = state(folder, first), state(folder, second)
    assert all(v.isfinite().all() for v in b.values())
    return {k for k in a if a[k].is_floating_point()
            and not torch.equal(a[k], b[k])
            and 'running' not in k}


@pytest.mark.parametrize('kind', KINDS)
def test_phases_and_resume(kind, tmp_path):
    """Which parts learn when; a resumed run is the same to the last bit."""
    runner(tmp_path / 'a', kind).train()
    early = moved(tmp_path / 'a', 'iter_1.pth', 'iter_2.pth')
    late = moved(tmp_path / 'a', 'iter_3.pth', 'iter_4.pth')
    parts = {k.split('.')[0] for k in early}
    if kind == 'regda':
        assert parts == {'backbone', 'head', 'pretrain_head'}
        assert not any('conv_layers' in k and 'deconv' not in k
                       for k in early)
        assert {k.split('.')[0] for k in late} == {'backbone', 'head',
                                                   'head_adv'}
        assert any('head.final' in k for k in late)
    else:
        assert parts == {'backbone', 'head'}
        assert {k.split('.')[0] for k in late} == {'backbone', 'head',
                                                   'teacher'}
    for stop in (1, 3):
        folder = tmp_path / f'b{stop}'
        runner(folder, kind,
               resume=tmp_path / 'a' / f'iter_{stop}.pth').train()
        one, two = (state(f, 'iter_4.pth') for f in (tmp_path / 'a', folder))
        assert all(torch.equal(one[k], two[k]) for k in one)
    assert one['iteration'] == 4


def test_weights_know_their_phase_in_a_test_and_start_a_new_training(
        tmp_path):
    runner(tmp_path / 'a', 'udape').train()
    made = runner(tmp_path / 'b', 'udape', iters=1,
                  weights=tmp_path / 'a/iter_4.pth')
    made.load_or_resume()  # as Runner.test does
    assert made.model.iteration == 4
    made.train()
    assert made.model.iteration == 1


def test_the_teacher_is_the_mean_of_the_student(tmp_path):
    runner(tmp_path, 'udape', pretrain_iters=1, alpha=.75, iters=2).train()
    first, last = (state(tmp_path, f'iter_{i}.pth') for i in (1, 2))
    key = 'head.final_layer.weight'
    want = .75 * first[key] + .25 * last[key]
    assert torch.allclose(last[f'teacher.{key}'], want, atol=1e-6)


def test_the_main_head_gets_no_gradient_from_the_disparity():
    """It moves head_adv, and f by a braked gradient; not head."""
    init_default_scope('mmpose')
    model = MODELS.build(regda(pretrain_iters=0))
    z = torch.randn(2, 8, 8, 8, requires_grad=True)
    model.iteration.fill_(1000)
    loss = regression_disparity(model.main_head(z), model.adversary(z),
                                torch.ones(2, 15), 'min')
    loss.backward()
    assert model.head.final_layer.weight.grad is None
    assert model.head_adv.final_layer.weight.grad.any()
    brake = z.grad.norm()
    z.grad = None
    loss = regression_disparity(model.main_head(z),
                                model.head_adv((z, )), torch.ones(2, 15),
                                'min')
    loss.backward()
    assert brake / z.grad.norm() == pytest.approx(.0462, abs=1e-4)


def test_target_labels_are_never_read(tmp_path):
    """Wrong target labels give the same weights."""
    wrong = pair()
    wrong['target'] = dict(wrong['target'])
    wrong['target']['pipeline'] = [
        *wrong['target']['pipeline'][:2],
        dict(type='PackPoseInputs')  # without transformed_keypoints
    ]
    for kind in KINDS:
        runner(tmp_path / f'{kind}1', kind).train()
        runner(tmp_path / f'{kind}2', kind, wrong).train()
        one, two = (state(tmp_path / f'{kind}{i}', 'iter_4.pth')
                    for i in (1, 2))
        assert all(torch.equal(one[k], two[k]) for k in one)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('iteration', [0, 9])
def test_predictions_have_mmposes_form(kind, iteration):
    init_default_scope('mmpose')
    model = MODELS.build(KINDS[kind][0]()).eval()
    model.iteration.fill_(iteration)
    data = DATASETS.build(images('target', 3, test_mode=True))
    items = [data[i] for i in range(3)]
    batch = {k: [item[k] for item in items] for k in items[0]}
    found = model.test_step(batch)
    for sample in found:
        points = sample.pred_instances.keypoints
        assert points.shape == (1, 15, 2) and np.isfinite(points).all()
        assert sample.pred_instances.keypoint_scores.shape == (1, 15)
        low, high = sample.gt_instances.bboxes[0].reshape(2, 2)
        side = 1.25 * (high - low).max()
        assert (np.abs(points[0] - (low + high) / 2) <= side).all()


def test_pairs():
    init_default_scope('mmpose')
    data = DATASETS.build(pair())
    np.random.seed(0)
    items = [data[i] for i in range(12)]
    names = [(i['source']['data_samples'].dataset_name,
              i['target']['data_samples'].dataset_name) for i in items]
    assert set(names) == {('synthetic_source', 'synthetic_target')}
    ids = [i['source']['data_samples'].id for i in items]
    assert ids == list(range(12)) and len(data) == 12
    assert len({i['target']['data_samples'].id for i in items}) > 2
    poses, _, owner = collect_items(data)
    assert np.array_equal(poses, data.source.poses)
    assert data.metainfo['num_keypoints'] == 15
    with pytest.raises(UserError, match=r'num_keypoints=\[15, 21\]'):
        DATASETS.build(dict(
            type='DomainPairDataset', source=images(),
            target=type('Hands', (list, ), dict(
                metainfo=dict(num_keypoints=21)))([1])))


def test_the_target_batch_is_seen_twice_in_one_pass():
    """As two forward passes, which the published code has."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    twice = MODELS.build(regda()).train()
    once = copy.deepcopy(twice)
    images = torch.randn(4, 3, 32, 32)
    for _ in range(2):
        want = twice.main_head(twice.feature(images))
    with seen_twice(once.backbone, once.head):
        found = once.main_head(once.feature(images))
    assert torch.equal(found, want)
    for (name, a), b in zip(twice.state_dict().items(),
                            once.state_dict().values()):
        assert torch.allclose(a, b, atol=1e-6), name
    with seen_twice(once.backbone):
        pass
    assert once.backbone.bn1.momentum == .1


@pytest.mark.parametrize('kind', KINDS)
def test_mixed_precision_is_near_to_float32(kind, tmp_path):
    init_default_scope('mmpose')
    batch = pseudo_collate([DATASETS.build(pair())[i] for i in range(4)])
    found = {}
    for autocast in (None, 'bfloat16'):
        torch.manual_seed(0)
        model = MODELS.build(KINDS[kind][0](
            pretrain_iters=0, autocast=autocast,
            channels_last=autocast is not None)).train()
        images = torch.randn(2, 3, 32, 32)
        if kind == 'udape':
            assert model.student_maps(images).dtype == torch.float32
        else:
            assert model.main_head(
                model.feature(images)).dtype == torch.float32
        losses = model.train_step(
            batch, build_optim_wrapper(model, KINDS[kind][1]()))
        assert all(loss.isfinite() for loss in losses.values())
        found[autocast] = losses['loss_source']  # before any step
    assert torch.allclose(*found.values(), rtol=.02)


def test_inverse_decay():
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=.1)
    schedule = InverseDecayLR(optimizer, delay=3, by_epoch=False)
    rates = []
    for _ in range(5004):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        schedule.step()
    assert rates[:4] == [.1] * 4
    assert rates[5003] == pytest.approx(.0738, abs=5e-5)  # i = 5000
    with pytest.raises(UserError, match='gamma=-1'):
        InverseDecayLR(optimizer, gamma=-1)


@pytest.mark.parametrize('kind, change, words', [
    ('regda', dict(crop_area=(.5, 1.5)), 'crop_area'),
    ('regda', dict(absent_target_joints=(15, )), 'absent_target_joints'),
    ('regda', dict(test_cfg=dict(flip_test=True)), 'flip_test=True'),
    ('regda', dict(pretrain_iters=-1), 'pretrain_iters=-1'),
    ('regda', dict(warm_start_steps=0), 'warm_start_steps=0'),
    ('udape', dict(autocast='float16'), "autocast='float16'"),
    ('udape', dict(alpha=1.5), 'alpha=1.5'),
    ('udape', dict(confident_share=-1), 'confident_share=-1'),
    ('udape', dict(stride=0), 'stride=0'),
    ('udape', dict(data_preprocessor=dict(type='PoseDataPreprocessor')),
     'DomainPairPreprocessor'),
])
def test_wrong_arguments(kind, change, words):
    init_default_scope('mmpose')
    with pytest.raises(UserError, match=words):
        MODELS.build(KINDS[kind][0](**change))


@pytest.mark.parametrize('change, words', [
    (dict(dataset=images()), 'DomainPairDataset'),
    (dict(dataset=pair(transformed=False)), 'pack_transformed=True'),
    (dict(stride=5), 'input_size'),
])
def test_wrong_data(tmp_path, change, words):
    with pytest.raises(UserError, match=words):
        runner(tmp_path, 'udape', **copy.deepcopy(change)).train()


def test_wrong_optimiser(tmp_path):
    run = runner(tmp_path, 'regda')
    run.optim_wrapper = tiny.adam()
    with pytest.raises(UserError, match='MultiOptimWrapperConstructor'):
        run.train()
