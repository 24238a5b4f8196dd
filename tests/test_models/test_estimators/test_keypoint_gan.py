"""KeypointGAN: gradients, coordinates, resuming, MMPose's own tools."""
import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.config import Config
from mmpose.apis import inference_topdown
from mmpose.evaluation.metrics import PCKAccuracy
from mmpose.registry import (DATASETS, MODELS,
                             OPTIM_WRAPPER_CONSTRUCTORS, TRANSFORMS)

from flexpose_mm import UserError
from flexpose_mm.cli import read_config
from flexpose_mm.io import pixels_to_canvas
from flexpose_mm.rendering import draw_skeleton
from flexpose_mm.skeletons import get_skeleton


def batch(n=3, size=32, seed=0):
    """A preprocessed batch as ``loss`` takes it."""
    rng = torch.Generator().manual_seed(seed)

    def uniform(*shape):
        return torch.rand(*shape, generator=rng) * 1.6 - 0.8

    return dict(
        inputs=uniform(n, 3, size, size),
        condition=uniform(n, 3, size, size),
        poses=uniform(n, 15, 2),
        visible=torch.ones(n, 15))


def build(**kwargs):
    model = tiny.build(tiny.keypoint_gan(**kwargs))
    for part in (model.backbone, model.decoder, model.discriminator):
        tiny.scramble(part)
    return model


PARTS = ('backbone', 'decoder', 'discriminator', 'head')
OWN = dict(
    loss_gan=('backbone', ),
    loss_perceptual=('backbone', 'decoder'),
    loss_d=('discriminator', ),
    loss_beta_real=('head', ),
    loss_beta_fake=('head', ))


@pytest.mark.parametrize('finetune', [None, dict(real=0.9, fake=0.1)])
def test_each_loss_reaches_its_networks_and_no_other(finetune):
    model = build(finetune=finetune)
    losses = model(**batch(), mode='loss')
    names = [name for name in losses if name.startswith('loss')]
    assert set(names) == {n for n in OWN if finetune or 'beta' not in n}
    for name in names:
        model.zero_grad()
        losses[name].backward(retain_graph=True)
        reached = {
            part
            for part in PARTS
            if any(p.grad is not None and p.grad.abs().sum() > 0
                   for p in getattr(model, part).parameters())
        }
        assert reached == set(OWN[name]), name
    watched = set(losses) - set(names)
    assert watched == {'pixels', 'redraw', 'real', 'fake'}
    assert not any(losses[name].requires_grad for name in watched)


def reference_losses(model, data):
    """The published order: each loss from a pass of its own."""
    drawn = model.alpha.render(data['poses'] + 1 / model.size)
    fake = model.translate(data['inputs'])
    clean = model.alpha.render(model.head.regress(fake)[0])
    restored = model.restore(clean, data['condition'])
    compared = model.perceptual(restored, data['inputs'])['normalized']

    def judge(images, target):
        return sum((s - target).square().mean()
                   for s in model.discriminator(images)) / len(
                       model.discriminator.nets)

    return dict(
        loss_gan=10 * judge(fake, 1),
        loss_perceptual=10 * compared,
        loss_d=(judge(drawn, 1) + judge(fake.detach(), 0)) / 2)


def test_one_pass_equals_three():
    ours, theirs = build(), build()
    data = batch()
    losses = ours(**data, mode='loss')
    sum(v for k, v in losses.items() if 'loss' in k).backward()
    wanted = reference_losses(theirs, data)
    for name, value in wanted.items():
        assert losses[name].item() == pytest.approx(value.item(), rel=1e-5)
    generators = ('backbone', 'decoder')
    for parts, names in ((generators, ('loss_gan', 'loss_perceptual')),
                         (('discriminator', ), ('loss_d', ))):
        theirs.zero_grad()
        sum(wanted[n] for n in names).backward(retain_graph=True)
        for part in parts:
            for a, b in zip(
                    getattr(ours, part).parameters(),
                    getattr(theirs, part).parameters()):
                assert torch.allclose(a.grad, b.grad, rtol=1e-3, atol=1e-5)


def test_appearance_cannot_pass_the_skeleton():
    model = build()
    model.eval()
    data = batch()
    _, keypoints, _ = model._forward(data['inputs'])
    clean = model.alpha.render(keypoints)
    again = model.restore(clean, data['condition'])
    other = model.restore(clean.clone(), data['condition'])
    assert torch.equal(again, other)  # a function of points and x' alone
    assert clean.shape == (3, 3, 32, 32) and float(clean.max()) <= 1


def test_beta_stays_as_it_is():
    model = build()
    model.train()
    assert not model.head.training and model.backbone.training
    assert not any(p.requires_grad for p in model.head.parameters())
    before = [b.clone() for b in model.head.buffers()]
    model(**batch(), mode='loss')
    for a, b in zip(before, model.head.buffers()):
        assert torch.equal(a, b)


# -- coordinates ----------------------------------------------------------
@settings(max_examples=8)
@given(
    st.floats(20, 200), st.floats(20, 200), st.floats(15, 120),
    st.floats(15, 120))
def test_predictions_are_image_coordinates(x, y, width, height):
    """What stands in the crop comes back to where it was in the image."""
    size = 32
    model = tiny.build(tiny.keypoint_gan(size)).eval()
    rng = np.random.default_rng(0)
    low = np.array([x, y])
    truth = low + rng.random((15, 2)) * (width, height)
    info = dict(
        img=np.zeros((300, 400, 3), np.uint8),
        bbox=np.array([[x, y, x + width, y + height]], np.float32),
        bbox_score=np.ones(1, np.float32),
        keypoints=truth[None].astype(np.float32),
        keypoints_visible=np.ones((1, 15), np.float32))
    item = info
    for step in (*tiny.crop(size),
                 dict(type='PackPoseInputs', pack_transformed=True)):
        item = TRANSFORMS.build(step)(item)
    inside = item['data_samples'].gt_instances.transformed_keypoints[0]
    canvas = torch.from_numpy(pixels_to_canvas(inside, size))[None].float()
    model.head.regress = lambda images: (canvas, torch.ones(1, 15))
    sample, = model.test_step(
        dict(inputs=[item['inputs']], data_samples=[item['data_samples']]))
    assert np.abs(sample.pred_instances.keypoints[0] - truth).max() < 1e-2
    assert sample.pred_instances.keypoint_scores.shape == (1, 15)
    metric = PCKAccuracy(thr=0.01)
    metric.dataset_meta = dict(sigmas=[])
    metric.process({}, [sample.to_dict()])
    assert metric.evaluate(1)['PCK'] == 1


@pytest.fixture(scope='module')
def reader(repo):
    """A KeypointGAN whose beta is trained, and whose images are drawings."""
    beta = read_config(str(repo / 'configs/_base_/models/beta_32.py')).beta
    beta.checkpoint = str(repo / 'demo/assets/beta_synthetic_32.pth')
    model = MODELS.build(
        tiny.keypoint_gan(
            head=beta, alpha=tiny.preprocessor(32, line_width=2.))).eval()
    model.backbone = torch.nn.Identity()
    model.cfg = Config(
        dict(
            test_dataloader=dict(
                dataset=dict(pipeline=[
                    dict(type='LoadImage'), *tiny.crop(),
                    dict(type='PackPoseInputs')
                ]))))
    model.dataset_meta = dict(get_skeleton('body15').metainfo)
    return model


def test_reads_drawings_through_mmpose_inference(reader):
    persons = DATASETS.build(
        dict(type='SyntheticPoseDataset', size=6, split='test'))
    metric = PCKAccuracy(thr=0.1)
    metric.dataset_meta = dict(sigmas=[])
    offsets = []
    for i in range(6):
        pose = persons.get_data_info(i)['keypoints'][0] / 5  # 200 px image
        low, high = pose.min(0), pose.max(0)
        center, side = (low + high) / 2, 1.25 * (high - low).max()
        pixels = int(np.ceil(side))
        factor = pixels / side
        canvas = (pose - center) / (side / 2)
        image = np.zeros((300, 300, 3), np.uint8)
        top = 40
        image[top:top + pixels, top:top + pixels] = draw_skeleton(
            canvas, None, 'body15', pixels, line_width=pixels / 16)[..., ::-1]
        truth = (pose - center) * factor + pixels / 2 - 0.5 + top
        box = np.concatenate([truth.min(0), truth.max(0)])[None]
        sample, = inference_topdown(reader, image, box)
        sample.gt_instances.keypoints = truth[None]
        sample.gt_instances.keypoints_visible = np.ones((1, 15))
        metric.process({}, [sample.to_dict()])
        offsets.append((sample.pred_instances.keypoints[0] - truth) / pixels)
    assert metric.evaluate(6)['PCK'] > 0.95
    # no systematic shift: below a third of a pixel of the 32
    assert np.abs(np.mean(offsets, axis=(0, 1))).max() < 0.33 / 32


# -- training -------------------------------------------------------------
def runner(work_dir, iters, **kwargs):
    return tiny.runner(
        work_dir,
        tiny.keypoint_gan(
            left_right=dict(type='NearestPoseResolver', size=4)),
        tiny.pairs(),
        tiny.keypoint_adams(),
        iters=iters,
        batch=2,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters),
        custom_hooks=[
            dict(type='ExactResumeHook'),
            tiny.bank(size=8, refresh_interval=3),
            dict(
                type='EMAHook',
                ema_type='ExponentialMovingAverage',
                momentum=0.1,
                update_buffers=True),
            dict(type='SampleGridHook', interval=4, num_samples=2, ncol=6)
        ],
        **kwargs)


def test_resumed_training_equals_an_uninterrupted_one(tmp_path):
    whole = runner(tmp_path / 'whole', 4)
    whole.train()
    runner(tmp_path / 'parts', 2).train()
    rest = runner(tmp_path / 'parts', 4, resume=True)
    rest.train()
    a, b = whole.model.state_dict(), rest.model.state_dict()
    assert a.keys() == b.keys() and int(b['iteration']) == 4
    for key, value in a.items():
        assert torch.equal(value, b[key]), key
    pictures = list((tmp_path / 'whole').glob('*/vis_data/vis_image/*.png'))
    assert any('samples_rows' in p.name for p in pictures)


def test_a_step_moves_what_it_should():
    model = build()
    cfg = tiny.keypoint_adams(0.01)
    constructor = cfg.pop('constructor')
    optim = OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(type=constructor, optim_wrapper_cfg=cfg))(model)
    dataset = DATASETS.build(tiny.pairs())
    items = [dataset[i] for i in range(3)]
    data = {key: [item[key] for item in items] for key in items[0]}
    data.update({k: batch()[k] for k in ('poses', 'visible')})
    before = {k: v.clone() for k, v in model.named_parameters()}
    log = model.train_step(data, optim)
    moved = {k.split('.')[0] for k, v in model.named_parameters()
             if not torch.equal(v, before[k])}
    assert moved == {'backbone', 'decoder', 'discriminator'}
    assert all(torch.isfinite(v).all() for v in log.values())
    assert int(model.iteration) == 1 and int(model.pool.count) == 3
    rows = model.eval().preview(2)['rows']
    assert rows.shape == (12, 3, 32, 32)


# -- mistakes -------------------------------------------------------------
@pytest.mark.parametrize('change, words', [
    (dict(head=tiny.regressor(16)), 'head.size=16.*make them equal'),
    (dict(autocast='fp8'), "autocast='fp8'"),
    (dict(weights=dict(pixel=1)), 'weights=.*perceptual'),
    (dict(finetune=dict(real=1)), 'finetune=.*fake'),
    (dict(test_cfg=dict(flip_test=True)), 'flip_test=True'),
    (dict(discriminator=dict(
        type='MultiScalePatchDiscriminator', width=4)), 'num_scales=3'),
    (dict(alpha=tiny.preprocessor(32, skeleton='hand21')),
     'head.num_joints=15.*21'),
    (dict(left_right=dict(type='NearestPoseResolver', skeleton='hand21')),
     'left_right: .*skeleton=.*not those of'),
])
def test_refuses(change, words):
    with pytest.raises(UserError, match=words):
        tiny.build(tiny.keypoint_gan(**change))


def test_refuses_batches():
    model = build()
    data = batch()
    with pytest.raises(UserError, match='PoseBankHook'):
        model.loss(data['inputs'], condition=data['condition'])
    with pytest.raises(UserError, match='UnpairedPoseImageDataset'):
        model.loss(data['inputs'], poses=data['poses'])
    with pytest.raises(UserError, match=r'\(3, 3, 16, 16\).*32 x 32'):
        model.translate(data['inputs'][..., ::2, ::2])
    mixed = [torch.zeros(3, 32, 32, dtype=torch.uint8),
             torch.zeros(3, 32, 30, dtype=torch.uint8)]
    with pytest.raises(UserError, match='inputs=.*TopdownAffine'):
        model.data_preprocessor(dict(inputs=mixed, data_samples=[]))
