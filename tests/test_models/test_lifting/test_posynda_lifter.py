"""Both stages: what learns, what is drawn, what is saved."""
import copy

import pytest
import tiny
import tiny_lifting
import torch
from mmengine.optim import OptimWrapper
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.models.lifting.draws import Draws, sample_noise

SMALL = dict(videos=2, frames=18)
VIDEOPOSE = dict(
    type='VideoPoseDenoiser', num_frames=tiny_lifting.FRAMES, channels=8,
    time_dims=8)


@pytest.fixture(scope='module')
def batch():
    """Four labelled source clips with unlabelled target clips."""
    pairs = DATASETS.build(tiny_lifting.pairs(**SMALL))
    items = [dict(source=pairs.source[i], target=pairs.target[i])
             for i in range(4)]
    return {
        name: dict(
            inputs=[item[name]['inputs'] for item in items],
            data_samples=[item[name]['data_samples'] for item in items])
        for name in ('source', 'target')
    }


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A source checkpoint."""
    path = tmp_path_factory.mktemp('source') / 'source.pth'
    model = tiny.build(tiny_lifting.lifter(), seed=5)
    torch.save(dict(state_dict=model.state_dict()), path)
    return str(path)


def adapted(weights, seed=0, model_seed=0, **kwargs):
    return tiny.build(
        tiny_lifting.lifter(
            tiny_lifting.adaptation(**kwargs), weights, seed=model_seed),
        seed).train()


def adam(model, lr=1e-2):
    learn = [p for p in model.parameters() if p.requires_grad]
    return OptimWrapper(torch.optim.Adam(learn, lr))


def steps(model, batch, n, lr=1e-2):
    optim = adam(model, lr)
    return [
        {k: v.detach().clone() for k, v in model.train_step(
            copy.deepcopy(batch), optim).items()} for _ in range(n)
    ]


# -- stage 1 ---------------------------------------------------------------
def test_source_training_learns(batch):
    logs = steps(tiny.build(tiny_lifting.lifter()), batch['source'], 40)
    first, last = (sum(log['loss_pose'] for log in part) / 10
                   for part in (logs[:10], logs[-10:]))
    assert last < .7 * first
    assert torch.equal(logs[0]['loss'], logs[0]['mpjpe'])


def test_loss_is_the_mean_distance_and_can_be_half_its_square(batch):
    plain = tiny.build(tiny_lifting.lifter())
    quirk = tiny.build(
        tiny_lifting.lifter(
            head=dict(
                type='HypothesisHead',
                loss=dict(
                    type='HalfSquaredLoss',
                    loss=dict(type='MPJPELoss', use_target_weight=True)))))
    a, b = (m.eval().train_step(batch['source'], adam(m))['loss']
            for m in (plain, quirk))
    torch.testing.assert_close(b, a**2 / 2)


def test_each_clip_has_one_time(batch, monkeypatch):
    model = tiny.build(tiny_lifting.lifter())
    seen = []
    denoise = model.backbone.denoise
    monkeypatch.setattr(
        model.backbone, 'denoise', lambda keypoints, noisy, t: seen.append(t)
        or denoise(keypoints, noisy, t))
    steps(model, batch['source'], 25)
    t = torch.stack(seen)
    assert t.shape == (25, 4) and t.min() >= 0 and t.max() < 1000
    assert t.float().std() > 200  # all times, not a few


@pytest.mark.parametrize('model_seed, same', [(0, True), (1, False)])
def test_random_numbers_are_the_seeds(batch, weights, model_seed, same):
    logs = []
    for seed, extra in ((0, 0), (model_seed, 5)):
        model = adapted(weights, model_seed=seed)
        torch.rand(extra)  # the global stream does not matter
        model.eval()  # no stochastic depth, which is torch's own stream
        logs.append(steps(model, batch, 2)[-1]['loss'])
    assert torch.equal(*logs) == same


# -- stage 2 ---------------------------------------------------------------
@pytest.mark.parametrize('kwargs', [
    dict(), dict(hypotheses=0), dict(hypotheses=1), dict(augmentation=None),
    dict(select='joint'), dict(select='clip', root='depth', flip=True),
    dict(steps=2, teacher=dict(momentum=.9)), dict(lora=None, bias=False),
    dict(augmentation=dict(pairing='frame', scale='frame')),
    dict(projection_weights=(.1, .5))],
                         ids=repr)
def test_adaptation_learns(batch, weights, kwargs):
    logs = steps(adapted(weights, **kwargs), batch, 12, lr=.02)
    first, last = (sum(log['loss'] for log in part) / 3
                   for part in (logs[:3], logs[-3:]))
    assert last < .95 * first
    assert ('mpjpe_pseudo' in logs[0]) == (kwargs.get('hypotheses') != 0)


@pytest.mark.parametrize('kwargs, count', [  # 6 D r for each of 4 blocks
    (dict(lora=dict(rank=2)), 4 * 96 * 2 + 51),
    (dict(lora=dict(rank=3), bias=False), 4 * 96 * 3)])
def test_only_updates_and_bias_learn(batch, weights, kwargs, count):
    model = adapted(weights, **kwargs)
    learn = {k: p for k, p in model.named_parameters() if p.requires_grad}
    assert sum(p.numel() for p in learn.values()) == count
    assert all('.lora_' in k or k == 'backbone.output_bias.weight'
               for k in learn)
    before = copy.deepcopy(model.state_dict())
    steps(model, batch, 2)
    changed = {k for k, v in model.state_dict().items()
               if not torch.equal(v, before[k])}
    assert changed == set(learn) | {'iteration'}
    frozen = [p for p in model.parameters() if not p.requires_grad]
    assert all(p.grad is None for p in frozen)


def test_teacher_gives_no_gradient_and_is_in_evaluation_mode(
        batch, weights, monkeypatch):
    model = adapted(weights)
    seen = []
    answer = model.backbone.pose_estimator.forward

    def watch(*args):
        seen.append((model.backbone.pose_estimator.training,
                     torch.is_grad_enabled(), len(args[0])))
        return answer(*args)

    monkeypatch.setattr(model.backbone.pose_estimator, 'forward', watch)
    steps(model, batch, 1)
    assert seen == [(False, False, 4), (True, True, 8)]


def test_label_is_one_of_the_hypotheses(batch, weights):
    model = adapted(weights, hypotheses=3)
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    target = model.read(data['inputs']['target'],
                        data['data_samples']['target'], labelled=False)
    assert target.poses is None
    draws = Draws(0, 0, 4, 'cpu')
    label = model.adaptation.pseudo_label(model.backbone, target, draws)
    noise = draws.normal(21, 1, 3, tiny_lifting.FRAMES, 17, 3)
    with torch.no_grad():
        model.eval()
        several = model.backbone(target.keypoints, noise)[:, -1]
    several[..., 0, :] = 0
    apart = (several - label[:, None]).norm(dim=-1).amax(-1)  # (B, H, F)
    assert apart.min(1).values.max() < 1e-5
    assert not label.requires_grad


def test_source_is_seen_by_the_targets_camera(batch, weights):
    model = adapted(weights)
    data = model.data_preprocessor(copy.deepcopy(batch), True)
    source, target = (model.read(data['inputs'][n], data['data_samples'][n],
                                 n == 'source')
                      for n in ('source', 'target'))
    moved = model.adaptation.augmented(source, target, Draws(0, 0, 4, 'cpu'))
    assert moved.poses is source.poses
    # each root keypoint is that of a target clip
    roots, wanted = moved.keypoints[:, :, 0], target.keypoints[:, :, 0]
    apart = (roots[:, None] - wanted[None]).abs().amax((-1, -2))
    assert apart.min(1).values.max() < 1e-4


def test_average_teacher_follows_slowly(batch, weights):
    model = adapted(weights, teacher=dict(momentum=.5, interval=2))
    teacher = model.adaptation.teacher
    name = teacher.names[0]

    def gap():
        own = dict(model.backbone.named_parameters())
        return max((own[n] - w).abs().max().item()
                   for n, w in teacher.weights().items())

    assert name and gap() == 0
    steps(model, batch, 2)
    moved = gap()
    assert moved > 0
    teacher.update(model.backbone, 2)
    assert gap() == pytest.approx(moved / 2, rel=1e-4)
    teacher.update(model.backbone, 3)
    assert gap() == pytest.approx(moved / 2, rel=1e-4)
    assert all(f'adaptation.teacher.weight_{i}' in model.state_dict()
               for i in range(len(teacher.names)))


def test_batch_norm_keeps_the_sources_statistics(batch, tmp_path):
    cfg = tiny_lifting.lifter(tiny_lifting.adaptation())
    cfg['backbone']['denoiser'] = VIDEOPOSE
    source = dict(cfg, adaptation=None)
    path = str(tmp_path / 'source.pth')
    torch.save(dict(state_dict=tiny.build(source).state_dict()), path)
    cfg['backbone']['checkpoint'] = path
    model = tiny.build(cfg).train()
    before = copy.deepcopy(model.state_dict())
    steps(model, batch, 2)
    after = model.state_dict()
    norms = [k for k in before if '_bn' in k]
    assert norms and all(torch.equal(before[k], after[k]) for k in norms)
    assert any(not torch.equal(before[k], after[k]) for k in before)


# -- inference -------------------------------------------------------------
def test_prediction(batch):
    cfg = dict(hypotheses=3, steps=2, keep_hypotheses=True)
    model = tiny.build(tiny_lifting.lifter(test_cfg=cfg)).eval()
    found = model.val_step(copy.deepcopy(batch['source']))[0].pred_instances
    f = tiny_lifting.FRAMES
    assert found.keypoints.shape == (f, 17, 3)
    assert found.keypoint_scores.shape == (f, 17)
    assert found.hypotheses.shape == (f, 3, 17, 3)
    assert not found.keypoints[:, 0].any() and not found.hypotheses[
        :, :, 0].any()
    torch.testing.assert_close(
        torch.tensor(found.hypotheses.mean(1)), torch.tensor(found.keypoints))


def test_a_clips_noise_does_not_depend_on_its_batch(batch):
    model = tiny.build(
        tiny_lifting.lifter(test_cfg=dict(hypotheses=2, steps=2))).eval()

    def run(rows):
        part = {k: [v[i] for i in rows] for k, v in batch['target'].items()}
        found = model.val_step(copy.deepcopy(part))
        return [torch.tensor(s.pred_instances.keypoints) for s in found]

    together, alone = run([0, 1, 2]), run([2])
    torch.testing.assert_close(together[2], alone[0], atol=1e-6, rtol=1e-4)
    noise = sample_noise([3, 4], (2, 5), 0, 'cpu')
    assert torch.equal(sample_noise([4], (2, 5), 0, 'cpu')[0], noise[1])
    assert not torch.equal(noise[0], noise[1])


def test_tensor_mode(batch):
    model = tiny.build(tiny_lifting.lifter()).eval()
    inputs = torch.stack(batch['source']['inputs'])
    poses = model(inputs)
    assert poses.shape == (4, tiny_lifting.FRAMES, 17, 3)
    assert not poses[..., 0, :].any()


# -- saving ----------------------------------------------------------------
def test_adapted_weights_load_and_give_the_same_poses(batch, weights,
                                                      tmp_path):
    model = adapted(weights)
    steps(model, batch, 3)
    torch.save(model.state_dict(), tmp_path / 'adapted.pth')
    other = adapted(weights, seed=9)
    other.load_state_dict(
        torch.load(tmp_path / 'adapted.pth', weights_only=True))
    inputs = torch.stack(batch['target']['inputs'])
    assert torch.equal(model.eval()(inputs), other.eval()(inputs))


@pytest.mark.parametrize('stage', ['source', 'adaptation', 'average'])
def test_resume_equals_no_stop(stage, weights, tmp_path):
    if stage == 'source':
        model, data = tiny_lifting.lifter(), tiny_lifting.clips(**SMALL)
    else:
        more = dict(teacher=dict(momentum=.9)) if stage == 'average' else {}
        model = tiny_lifting.lifter(tiny_lifting.adaptation(**more), weights)
        data = tiny_lifting.pairs(**SMALL)

    def run(folder, iters, **kwargs):
        runner = tiny.runner(
            tmp_path / folder, model, data, tiny.adam(), iters=iters,
            custom_hooks=[dict(type='ExactResumeHook')], **kwargs)
        runner.train()
        return runner.model.state_dict()

    torch.manual_seed(0)
    whole = run('whole', 4)
    torch.manual_seed(0)
    run('halved', 2)
    saved = tmp_path / 'halved/iter_2.pth'
    torch.load(saved, weights_only=True)
    found = run('halved', 4, load_from=str(saved), resume=True)
    assert all(torch.equal(found[k], v) for k, v in whole.items())


# -- mistakes --------------------------------------------------------------
@pytest.mark.parametrize('change, words', [
    (lambda s: s['inputs'].__setitem__(0, s['inputs'][0] * 500), 'pixels'),
    (lambda s: s['inputs'].__setitem__(0, s['inputs'][0] * float('nan')),
     'repair the 2D'),
    (lambda s: s['inputs'].__setitem__(0, s['inputs'][0][:5]), 'one length'),
    (lambda s: s['data_samples'][0].gt_instance_labels.lifting_target.mul_(
        1000), 'millimetres'),
    (lambda s: s['data_samples'][0].gt_instance_labels.lifting_target.add_(
        1), 'joint 0 is the root'),
    (lambda s: s.update(inputs=[x[:7] for x in s['inputs']]),
     'make num_frames'),
    (lambda s: s['data_samples'][0].gt_instance_labels.pop('lifting_target'),
     'no 3D labels')])
def test_bad_clips(batch, change, words):
    model = tiny.build(tiny_lifting.lifter())
    data = copy.deepcopy(batch['source'])
    change(data)
    with pytest.raises(UserError, match=words):
        model.train_step(data, adam(model))


def test_missing_camera(batch, weights):
    data = copy.deepcopy(batch)
    del data['target']['data_samples'][0].camera
    model = adapted(weights)
    with pytest.raises(UserError, match='camera=None'):
        model.train_step(data, adam(model))


def test_stages_need_their_own_data(batch, weights):
    model = tiny.build(tiny_lifting.lifter())
    with pytest.raises(UserError, match='single labelled clips'):
        model.train_step(copy.deepcopy(batch), adam(model))
    model = adapted(weights)
    with pytest.raises(UserError, match='DomainPairDataset'):
        model.train_step(copy.deepcopy(batch['source']), adam(model))


def test_adaptation_of_random_weights_is_refused(batch):
    model = tiny.build(tiny_lifting.lifter(tiny_lifting.adaptation()))
    with pytest.raises(UserError, match='trained on the source'):
        model.train_step(copy.deepcopy(batch), adam(model))


@pytest.mark.parametrize('kwargs, words', [
    (dict(test_cfg=dict(steps=0)), 'steps=0'),
    (dict(test_cfg=dict(hypotheses=0)), 'hypotheses=0'),
    (dict(test_cfg=dict(eta=2.)), 'eta=2.0'),
    (dict(test_cfg=dict(aggregation='max')), "aggregation='max'"),
    (dict(test_cfg=dict(flips=True)), 'test_cfg.flips'),
    (dict(seed=-1), 'seed=-1'),
    (dict(adaptation=dict(type='PoSynDAAdaptation', select='x')), 'select'),
    (dict(adaptation=dict(type='PoSynDAAdaptation', root='x')), 'root'),
    (dict(adaptation=dict(type='PoSynDAAdaptation', hypotheses=-1)),
     'hypotheses=-1'),
    (dict(adaptation=dict(type='PoSynDAAdaptation', steps=0)), 'steps=0'),
    (dict(adaptation=dict(type='PoSynDAAdaptation',
                          teacher=dict(momentum=1.))), 'momentum=1.0'),
    (dict(adaptation=dict(type='PoSynDAAdaptation',
                          teacher=dict(interval=0))), 'interval=0'),
    (dict(adaptation=dict(type='PoSynDAAdaptation',
                          projection_weights=(1., ))), 'two numbers')])
def test_wrong_arguments(kwargs, words):
    with pytest.raises(UserError, match=words):
        tiny.build(tiny_lifting.lifter(**kwargs))
