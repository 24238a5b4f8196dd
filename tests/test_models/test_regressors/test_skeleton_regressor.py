"""beta as an MMPose estimator: loss, prediction, files."""
import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample

from flexpose_mm import UserError
from flexpose_mm.models.regressors import weights as beta_files


def config(**kwargs):
    cfg = dict(
        type='SkeletonRegressor',
        size=32,
        data_preprocessor=dict(type='SkeletonAugmentor', size=32),
        backbone=dict(type='SkeletonEncoder', widths=(8, 16)),
        head=dict(type='SkeletonHeatmapHead', in_channels=16, num_joints=15))
    cfg.update(kwargs)
    return cfg


@pytest.fixture
def beta():
    torch.manual_seed(0)
    model = MODELS.build(config())
    model.init_weights()
    return model


def canvas_batch(n=4):
    generator = torch.Generator().manual_seed(1)
    poses = torch.rand(n, 15, 2, generator=generator) * 1.6 - .8
    samples = []
    for pose in poses:
        sample = PoseDataSample()
        sample.gt_instances = InstanceData(
            keypoints=pose[None].numpy(),
            keypoints_visible=np.ones((1, 15), np.float32))
        samples.append(sample)
    return dict(inputs=list(poses), data_samples=samples)


def test_loss_learns_and_ignores_absent_joints(beta):
    optimizer = torch.optim.Adam(beta.parameters(), 1e-2)
    data = beta.data_preprocessor(canvas_batch(16), True)
    log = []
    for _ in range(30):
        losses = beta(**data, mode='loss')
        loss = losses['loss_kpt'] + losses['loss_heatmap']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log.append(loss.item())
    assert log[-1] < .9 * log[0]
    for sample in data['data_samples']:
        sample.gt_instance_labels.keypoint_weights.zero_()
    losses = beta(**data, mode='loss')
    assert losses['loss_kpt'] == 0 and losses['error_percent'] == 0


def test_predict_and_regress_agree(beta):
    beta.eval()
    data = beta.data_preprocessor(canvas_batch())
    points, scores = beta.regress(data['inputs'])
    assert points.shape == (4, 15, 2) and scores.shape == (4, 15)
    assert ((scores > 0) & (scores <= 1)).all() and points.abs().max() < 1
    for i, sample in enumerate(beta(**data, mode='predict')):
        pred = sample.pred_instances
        assert np.allclose(pred.keypoints[0], points[i].detach(), atol=1e-5)
        assert np.allclose(
            pred.keypoint_scores[0], scores[i].detach(), atol=1e-5)


def test_predict_maps_to_image_pixels(beta):
    data = beta.data_preprocessor(canvas_batch(2))
    points, _ = beta.eval().regress(data['inputs'])
    for sample in data['data_samples']:
        sample.set_metainfo(
            dict(input_size=(32, 32), input_center=np.array([100., 50.]),
                 input_scale=np.array([64., 64.])))
        sample.gt_instances.bboxes = np.zeros((1, 4))
        sample.gt_instances.bbox_scores = np.ones(1)
    found = beta(**data, mode='predict')[0].pred_instances.keypoints[0]
    pixels = (points[0].detach().numpy() + 1) * 16 - .5
    assert np.allclose(found, pixels * 2 + np.array([100., 50.]) - 32,
                       atol=1e-3)


def test_stages_pass_gradients_to_the_images(beta):
    beta.eval().requires_grad_(False)
    images = torch.zeros(2, 3, 32, 32, requires_grad=True)
    maps = beta.stages(images)
    assert [m.shape[1:] for m in maps] == [(8, 32, 32), (16, 16, 16)]
    maps[-1].square().mean().backward()
    assert images.grad is not None and images.grad.isfinite().all()


def test_bfloat16_is_close_to_float32(beta):
    images = beta.data_preprocessor(canvas_batch())['inputs']
    exact, _ = beta.eval().regress(images)
    beta.dtype = 'bfloat16'
    fast, _ = beta.regress(images)
    assert fast.dtype == torch.float32
    assert (exact - fast).abs().max() < .02


def test_files_carry_the_weights_and_the_canvas(beta, tmp_path):
    path = str(tmp_path / 'beta.pth')
    beta_files.save_regressor(beta, path)
    assert torch.load(path, weights_only=True)['meta']['skeleton'] == 'body15'
    other = MODELS.build(config(checkpoint=path, data_preprocessor=None))
    other.init_weights()  # must not undo the loading
    images = beta.data_preprocessor(canvas_batch())['inputs']
    want, _ = beta.eval().regress(images)
    got, _ = other.eval().regress(images)
    assert (want - got).abs().max() < 1e-2
    assert other.canvas['fingerprint'] == beta.canvas['fingerprint']


def test_a_model_that_holds_beta_gives_it_back(beta, tmp_path):
    path = tmp_path / 'gan.pth'
    state = {f'regressor.{k}': v for k, v in beta.state_dict().items()}
    torch.save(dict(state_dict=state), path)
    other = MODELS.build(config(checkpoint=str(path)))
    assert torch.equal(other.head.final_layer.weight,
                       beta.head.final_layer.weight)


@pytest.mark.parametrize('change, field', [
    (dict(size=48, data_preprocessor=None), 'size'),
    (dict(data_preprocessor=dict(type='SkeletonAugmentor', size=32,
                                 colors='gray')), 'colors'),
    (dict(backbone=dict(type='SkeletonEncoder', widths=(16, 16))),
     'backbone'),
])
def test_files_of_another_kind_are_refused(beta, tmp_path, change, field):
    path = str(tmp_path / 'beta.pth')
    beta_files.save_regressor(beta, path)
    with pytest.raises(UserError, match=field):
        MODELS.build(config(checkpoint=path, **change))


@pytest.mark.parametrize('change, field', [
    (dict(size=3), 'size'),
    (dict(dtype='int8'), 'dtype'),
    (dict(test_cfg=dict(flip_test=True)), 'flip_test'),
    (dict(backbone=dict(type='SkeletonEncoder', widths=(8, ))), 'widths'),
    (dict(checkpoint='/nowhere/beta.pth'), 'no such file'),
    (dict(head=dict(type='SkeletonHeatmapHead', in_channels=16,
                    num_joints=21)), 'num_joints'),
])
def test_bad_configs(change, field):
    with pytest.raises(UserError, match=field):
        MODELS.build(config(**change))


def test_images_of_another_size_are_refused(beta):
    with pytest.raises(UserError, match='32 x 32'):
        beta.regress(torch.zeros(1, 3, 64, 64))


def test_no_regressor_in_the_file(tmp_path):
    path = str(tmp_path / 'x.pth')
    torch.save(dict(state_dict=dict(a=torch.zeros(1))), path)
    with pytest.raises(UserError, match='holds no SkeletonRegressor'):
        MODELS.build(config(checkpoint=path))
