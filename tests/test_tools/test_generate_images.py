"""tools/generate_images.py with a diffusion model of milliseconds."""
import importlib.util
import json
import os
import shutil
import socket
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import tiny_diffusion
from mmpose.datasets import CocoDataset

from flexpose_mm import UserError, image_generation
from flexpose_mm.conditions import COLORS, POINTS, read_conditions
from flexpose_mm.diffusion_weights import check_directories, load_pipeline
from flexpose_mm.image_generation import (Settings, draw_picture,
                                          generate_images, read_prompts)
from flexpose_mm.io import canvas_to_pixels, write_poses
from flexpose_mm.skeletons import get_skeleton

BODY = get_skeleton('body15')
FAST = ('--steps', 2, '--device', 'cpu', '--prompt', 'a person')
QUICK = Settings(steps=2, size=64)
N = 3


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    """Local directories of Stable Diffusion and of a ControlNet."""
    for package in ('diffusers', 'transformers'):
        pytest.importorskip(package)
    return tiny_diffusion.save(tmp_path_factory.mktemp('models'))


@pytest.fixture(scope='module')
def poses():
    poses = np.random.default_rng(0).uniform(-.8, .8, (N, 15, 2))
    poses[2, BODY.joints.index('left_ankle')] = 0, 1.2  # below the picture
    return poses.astype('f4')


@pytest.fixture
def conditions(poses, call, tmp_path):
    """A folder of tools/render_conditions.py, 64 px."""
    path, out = str(tmp_path / 'poses.npz'), str(tmp_path / 'conditions')
    write_poses(path, N, lambda: iter([(poses, np.ones((N, 15), 'f4'))]),
                dict(skeleton='body15', size=64))
    assert call('render_conditions', path, '-o', out, '--size', 64)[0] == 0
    return out


@pytest.fixture
def stub(monkeypatch):
    """In place of the weights: plain pictures, number 2 is withheld."""

    def load(*args):
        numbers = iter(range(1, N + 1))

        def pipeline(prompt, height, **kwargs):
            number = next(numbers)
            return SimpleNamespace(
                images=np.full((1, height, height, 3), number / 10),
                nsfw_content_detected=[number == 2])

        return pipeline

    for name in ('require_diffusers', 'check_directories', 'load_pipeline'):
        monkeypatch.setattr(image_generation, name, load)
    monkeypatch.setattr(image_generation, 'directory_hash', str)


def names():
    return [f'{i:08d}.png' for i in range(1, N + 1)]


def read(folder):
    return [(folder / name).read_bytes() for name in names()]


def test_a_folder_becomes_a_labelled_data_set(call, models, conditions, poses,
                                              tmp_path, monkeypatch):
    def refuse(*args):
        raise AssertionError('the network was asked')

    monkeypatch.setattr(socket.socket, 'connect', refuse)
    out = tmp_path / 'people'
    code, err = call('generate_images', *models, conditions, '-o', out, *FAST)
    assert code == 0, err
    assert sorted(os.listdir(out)) == [
        *names(), 'labels.json', 'run.json', 'sheet.jpg'
    ]
    pictures = [cv2.imread(str(out / name)) for name in names()]
    assert all(p.shape == (64, 64, 3) and p.std() > 0 for p in pictures)
    assert cv2.imread(str(out / 'sheet.jpg')).shape[1] == 2 * N * 130 + 2
    data = CocoDataset(
        str(out / 'labels.json'),
        data_prefix=dict(img=str(out)),
        metainfo=BODY.metainfo,
        test_mode=True)
    for i, item in enumerate(data):
        assert item['img_path'] == str(out / names()[i])
        assert np.allclose(item['keypoints'][0],
                           canvas_to_pixels(poses[i], 64), atol=2e-3)
    outside = np.abs(poses).max(-1) > 1
    assert outside.sum() == 1
    assert np.array_equal(
        np.stack([item['keypoints_visible'][0] for item in data]) == 0,
        outside)


def test_the_labels_lie_on_the_conditions_joints(conditions):
    with open(os.path.join(conditions, 'poses.json')) as file:
        labels = json.load(file)
    hits = total = 0
    for image, note in zip(labels['images'], labels['annotations']):
        drawn = cv2.imread(os.path.join(conditions,
                                        image['file_name']))[..., ::-1]
        points = np.reshape(note['keypoints'], (-1, 3))
        for (x, y, flag), name in zip(points, BODY.joints):
            if flag and name in POINTS:
                color = COLORS[POINTS.index(name)]
                hits += tuple(drawn[int(y), int(x)]) == color
                total += 1
    # a joint may be covered by one that is drawn later
    assert total == 13 * N - 1 and hits / total > .8


def test_a_picture_depends_on_seed_and_number_only(call, models, conditions,
                                                   tmp_path):
    def run(out, *more):
        code, err = call('generate_images', *models, conditions, '-o', out,
                         *FAST, *more)
        assert code == 0, err
        return read(out) if (out / names()[-1]).exists() else None

    one, two = tmp_path / 'one', tmp_path / 'two'
    whole = run(one)
    assert len(set(whole)) == N
    (one / names()[1]).unlink()
    (one / names()[2]).write_bytes(whole[2][:50])  # cut off by a full disk
    (one / 'labels.json').rename(tmp_path / 'labels.json')
    kept = (one / names()[0]).stat().st_mtime_ns
    assert run(one) == whole
    assert (one / names()[0]).stat().st_mtime_ns == kept
    assert (one / 'labels.json').read_bytes() == \
        (tmp_path / 'labels.json').read_bytes()
    assert run(two, '-n', 2) is None  # then the rest
    assert run(two) == whole
    assert all(a != b for a, b in zip(
        run(tmp_path / 'three', '--seed', 1), whole))


def test_condition_and_prompt_matter(models, conditions):
    pipeline = load_pipeline(*models)
    first, second = (
        np.ascontiguousarray(cv2.imread(path)[..., ::-1])
        for path in read_conditions(conditions).paths[:2])

    def draw(condition=first, prompt='a person', **changes):
        return draw_picture(pipeline, condition, prompt, 1,
                            QUICK._replace(**changes))

    plain = draw()
    assert plain.shape == (64, 64, 3) and plain.dtype == np.uint8
    assert np.array_equal(plain, draw())
    assert (plain != draw(second)).any()
    assert (plain != draw(prompt='two dogs')).any()
    assert (plain != draw(negative='blue')).any()
    assert np.array_equal(draw(condition_scale=0),
                          draw(second, condition_scale=0))


def test_finished_pictures_load_no_weights(call, models, conditions, tmp_path,
                                           stub, monkeypatch):
    out = tmp_path / 'people'
    done = generate_images(*models, conditions, str(out), 'a', None, QUICK)
    assert done['info']['withheld'] == 1
    assert [image['id'] for image in done['images']] == [1, 3]
    assert [note['image_id'] for note in done['annotations']] == [1, 3]
    assert not (out / names()[1]).exists()
    assert cv2.imread(str(out / names()[2]))[0, 0, 0] == round(.3 * 255)
    shutil.copy(out / names()[0], out / names()[1])
    monkeypatch.setattr(image_generation, 'load_pipeline', None)
    done = generate_images(*models, conditions, str(out), 'a', None, QUICK)
    assert len(done['images']) == N


def test_other_size_and_prompts_of_a_file(models, conditions, poses, tmp_path,
                                          stub):
    texts = ['one', 'two', 'three']
    path = tmp_path / 'prompts.json'
    path.write_text(json.dumps(texts))
    done = generate_images(*models, conditions, str(tmp_path / 'out'), None,
                           str(path), QUICK._replace(size=128))
    assert [i['prompt'] for i in done['images']] == ['one', 'three']
    assert {i['width'] for i in done['images']} == {128}
    found = np.reshape(done['annotations'][1]['keypoints'], (-1, 3))[:, :2]
    # the conditions' labels have three decimals
    assert np.allclose(found, canvas_to_pixels(poses[2], 128), atol=3e-3)
    (tmp_path / 'prompts.txt').write_text('\n'.join(texts) + '\n')
    assert read_prompts(None, str(tmp_path / 'prompts.txt'), N) == texts


def test_another_run_is_not_mixed_in(models, conditions, tmp_path, stub):
    out = str(tmp_path / 'out')
    generate_images(*models, conditions, out, 'a', None, QUICK)
    with pytest.raises(UserError, match=r'run\.json: seed=5: .*begun with 0'):
        generate_images(*models, conditions, out, 'a', None,
                        QUICK._replace(seed=5))
    with pytest.raises(UserError, match="prompt='b'"):
        generate_images(*models, conditions, out, 'b', None, QUICK)


def test_conditions_of_other_poses_are_not_mixed_in(call, conditions, poses,
                                                    tmp_path):
    path = str(tmp_path / 'other.npz')
    write_poses(path, N,
                lambda: iter([(poses[::-1], np.ones((N, 15), 'f4'))]),
                dict(skeleton='body15', size=64))
    code, err = call('render_conditions', path, '-o', conditions, '--size', 64)
    assert code == 2 and 'poses.json' in err and '--out' in err
    os.remove(os.path.join(conditions, 'poses.json'))
    code, err = call('render_conditions', path, '-o', conditions, '--size', 64)
    assert code == 2 and 'nothing tells the poses' in err


def edit(path, **changes):
    with open(path) as file:
        data = dict(json.load(file), **changes)
    with open(path, 'w') as file:
        json.dump(data, file)


def pickled(base, control):
    os.rename(f'{base}/unet/diffusion_pytorch_model.safetensors',
              f'{base}/unet/diffusion_pytorch_model.bin')


def cut(base, control):
    os.truncate(f'{control}/diffusion_pytorch_model.safetensors', 100)


def drop(path):
    from safetensors.torch import load_file, save_file
    tensors = load_file(path)
    tensors.pop(min(tensors))
    save_file(tensors, path, dict(format='pt'))


DIRECTORIES = [
    (lambda b, c: os.remove(f'{b}/model_index.json'),
     r'model_index\.json: file=None.*local Stable Diffusion'),
    (lambda b, c: open(f'{b}/model_index.json', 'w').close(),
     r'model_index\.json: content='),
    (lambda b, c: edit(f'{b}/model_index.json', _class_name='FluxPipeline'),
     "_class_name='FluxPipeline'"),
    (lambda b, c: shutil.rmtree(f'{b}/vae'), r'vae.config\.json: file=None'),
    (pickled, 'unet: weights=None.*pickled'),
    (cut, 'control.diffusion_pytorch_model.safetensors: .*damaged'),
    (lambda b, c: edit(f'{c}/config.json', _class_name='AutoencoderKL'),
     "_class_name='AutoencoderKL'.*ControlNetModel"),
    (lambda b, c: edit(f'{c}/config.json', cross_attention_dim=16),
     'cross_attention_dim=16: .*has 8'),
    (lambda b, c: shutil.rmtree(f'{b}/tokenizer'), 'tokenizer: vocabulary='),
    (lambda b, c: shutil.rmtree(f'{b}/scheduler'), 'base: directory='),
    (lambda b, c: edit(f'{c}/config.json', block_out_channels=[16, 32]),
     'control: weights=.*cannot be loaded'),
    (lambda b, c: drop(f'{b}/unet/diffusion_pytorch_model.safetensors'),
     'unet: weights=.*is missing'),
    (lambda b, c: drop(f'{b}/text_encoder/model.safetensors'),
     'text_encoder: weights=.*is missing'),
]


@pytest.mark.parametrize('harm, words', DIRECTORIES)
def test_refuses_directories(harm, words, models, tmp_path):
    base, control = (
        shutil.copytree(folder, tmp_path / name)
        for folder, name in zip(models, ('base', 'control')))
    harm(base, control)
    with pytest.raises(UserError, match=words):
        load_pipeline(str(base), str(control))


def test_a_name_of_a_hub_is_no_directory(models):
    with pytest.raises(UserError, match='some/model.*local'):
        check_directories('some/model', models[1])


VALUES = [
    (dict(seed=-1), 'seed=-1'),
    (dict(steps=0), 'steps=0'),
    (dict(guidance=float('nan')), 'guidance=nan'),
    (dict(condition_scale=-1.), 'condition_scale=-1'),
    (dict(size=100), 'size=100: .*multiple of 8'),
]


@pytest.mark.parametrize('change, words', VALUES)
def test_refuses_settings(change, words):
    with pytest.raises(UserError, match=words):
        QUICK._replace(**change).check()


def test_refuses_conditions_and_prompts(call, conditions, tmp_path):
    few = tmp_path / 'few.txt'
    few.write_text('one\n')
    with pytest.raises(UserError, match='few.txt: prompts=1: .*the 3'):
        read_prompts(None, str(few), N)
    with pytest.raises(UserError, match='either'):
        read_prompts('a', str(few), N)
    with pytest.raises(UserError, match='no.json'):
        read_prompts(None, str(tmp_path / 'no.json'), N)
    with pytest.raises(UserError, match="prompt 1=' '"):
        read_prompts(' ', None, N)
    with pytest.raises(UserError, match='n=4: give 1 to 3'):
        read_conditions(conditions, 4)
    os.remove(os.path.join(conditions, names()[1]))
    with pytest.raises(UserError, match='00000002.png.*no such file'):
        read_conditions(conditions)
    code, err = call('generate_images', 'b', 'c', tmp_path, '-o',
                     tmp_path / 'out', *FAST)
    assert code == 2 and 'render_conditions.py' in err


def test_missing_packages_are_named(call, conditions, tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name, *args: None
        if name == 'diffusers' else find(name, *args))
    code, err = call('generate_images', 'b', 'c', conditions, '-o',
                     tmp_path / 'out', *FAST)
    assert code == 2 and 'pip install diffusers' in err
    assert not (tmp_path / 'out').exists()
