"""Difficulty from the command line: the tools, and MMPose's own config."""
import csv
import json
import socket

import cv2
import numpy as np
import pytest
import torch

from flexpose_mm.datasets.synthetic import make_poses
from flexpose_mm.models.vae import PoseVAE

#: MMPose's config, the hook, the sampler, and what makes it small.
CONFIG = """
_base_ = ['mmpose::body_2d_keypoint/topdown_heatmap/coco/'
          'td-hm_res50_8xb64-210e_coco-256x192.py']
custom_imports = dict(imports=['flexpose_mm', 'record_plugin'])
hook = dict(type='PoseDifficultyHook')
train_dataloader = dict(sampler=dict(type='DifficultySampler'))

hook.update(train=dict(steps=10), figures=False)
custom_hooks = [hook, dict(type='RecordHook', folder='FOLDER')]
train_dataloader.update(batch_size=2, num_workers=0, persistent_workers=False)
train_dataloader['sampler'].update(num_samples=12)
train_dataloader['dataset'] = dict(
    data_root='FOLDER', ann_file='persons.json', data_prefix=dict(img=''))
model = dict(backbone=dict(depth=18, init_cfg=None),
             head=dict(in_channels=512, deconv_out_channels=(8, 8, 8)))
default_hooks = dict(checkpoint=dict(interval=1, save_best=None))
train_cfg = dict(max_epochs=1)
val_cfg = val_dataloader = val_evaluator = None
test_cfg = test_dataloader = test_evaluator = None
randomness = dict(seed=0)
work_dir = 'FOLDER/work'
"""
N = 36


@pytest.fixture
def persons(tmp_path):
    """A COCO file of persons with one small image; its folder."""
    cv2.imwrite(str(tmp_path / 'a.png'), np.full((80, 60, 3), 90, np.uint8))
    rng = np.random.default_rng(0)
    points = np.concatenate([
        rng.uniform(20, 50, (1, 17, 2)) + rng.normal(0, 1, (N - 6, 17, 2)),
        rng.uniform(5, 55, (6, 17, 2))
    ])
    notes = [
        dict(
            id=100 + i,
            image_id=1,
            category_id=1,
            iscrowd=0,
            num_keypoints=17,
            bbox=[0, 0, 59, 79],
            area=59 * 79,
            keypoints=np.c_[p, np.full(17, 2)].ravel().round(2).tolist())
        for i, p in enumerate(points)
    ]
    (tmp_path / 'persons.json').write_text(
        json.dumps(
            dict(
                images=[dict(id=1, file_name='a.png', width=60, height=80)],
                categories=[
                    dict(
                        id=1,
                        name='person',
                        keypoints=[f'k{i}' for i in range(17)],
                        skeleton=[[1, 2], [2, 3], [3, 4], [4, 5]])
                ],
                annotations=notes)))
    return tmp_path


@pytest.mark.timeout(600)  # three interpreters start, 25 s if idle
def test_mmposes_own_config_on_two_processes(persons, shell, monkeypatch):
    path = persons / 'two_lines.py'
    path.write_text(CONFIG.replace('FOLDER', str(persons)))
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        monkeypatch.setenv('PORT', str(probe.getsockname()[1]))
    done = shell('tools/dist_train.sh', path, 2)
    assert done.returncode == 0, done.stderr[-3000:]
    drawn = [json.loads((persons / f'ids_{r}.json').read_text())
             for r in (0, 1)]
    assert [len(d) for d in drawn] == [6, 6]
    assert not set(drawn[0]) & set(drawn[1])
    cache = list((persons / 'work/pose_difficulty').glob('*.npz'))
    assert len(cache) == 1  # one process scored
    scores = np.load(cache[0])['scores']
    hardest = 100 + np.argsort(scores)[-12:]
    assert set(drawn[0]) | set(drawn[1]) == set(hardest)
    assert set(range(130, 136)) <= set(hardest)  # the odd ones
    found = torch.load(persons / 'work/epoch_1.pth', weights_only=True)
    assert found['meta']['iter'] == 3


def test_scores_of_a_coco_file(persons, call):
    out, sheet, vae = (persons / n for n in ('s.json', 's.png', 'vae.pth'))
    code, err = call('score_difficulty', persons / 'persons.json', '-o', out,
                     '--figure', sheet, '--save-vae', vae, '--steps', '20')
    assert code == 0, err
    items = json.loads(out.read_text())['items']
    assert [i['id'] for i in items] == list(range(100, 100 + N))
    assert sorted(i['bin'] for i in items)[-1] == 24
    assert cv2.imread(str(sheet)).shape[0] > 500
    table = persons / 's.csv'
    code, err = call('score_difficulty', persons / 'persons.json', '-o',
                     table, '--checkpoint', vae)
    assert code == 0, err
    with open(table) as file:
        rows = list(csv.DictReader(file))
    assert [float(r['score']) for r in rows] == [i['score'] for i in items]
    assert PoseVAE.from_file(str(vae)).num_joints == 17


def test_scores_of_an_array_and_of_a_config(tmp_path, call):
    poses = make_poses('source', 40)['keypoints'].reshape(20, 2, 15, 2)
    np.savez(tmp_path / 'p.npz', y=poses)
    config = tmp_path / 'c.py'
    config.write_text("train_dataloader = dict(dataset=dict(type="
                      "'SyntheticPoseDataset', size=40))")
    rows = []
    for source, *options in ((tmp_path / 'p.npz', '--keypoints-key', 'y'),
                             (config, )):
        out = tmp_path / 'o.csv'
        code, err = call('score_difficulty', source, '-o', out, '--steps',
                         '5', *options)
        assert code == 0, err
        rows.append(len(out.read_text().splitlines()))
    assert rows == [41, 41]


@pytest.mark.parametrize('args, words', [
    (['gone.json', '-o', '$/o.csv'], "source='gone.json'"),
    (['$/p.json', '-o', '$/o.txt'], 'must end in'),
    (['$/p.json', '-o', '$/no/o.csv'], 'does not exist'),
    (['$/p.json', '-o', '$/o.csv'], 'not COCO-keypoint JSON'),
    (['$/p.npz', '-o', '$/o.csv', '--skeleton', 'hand21'],
     'it has 21 joints'),
    (['$/p.npz', '-o', '$/o.csv', '--num-bins', '99'], 'usable poses=40'),
    (['$/p.npz', '-o', '$/o.csv', '--checkpoint', '$/p.npz'], 'p.npz'),
    (['$/p.npz', '-o', '$/o.csv', '--steps', '0'], 'steps=0'),
    (['$/p.npz', '-o', '$/o.csv', '--visible-key', 'v'], "visible_key='v'"),
    (['$/nan.npz', '-o', '$/o.csv'], 'keypoints[3]'),
])
def test_mistakes_are_one_sentence(args, words, tmp_path, call):
    poses = make_poses('source', 40)['keypoints']
    np.savez(tmp_path / 'p.npz', keypoints=poses)
    poses[3, 2] = np.nan
    np.savez(tmp_path / 'nan.npz', keypoints=poses)
    (tmp_path / 'p.json').write_text('[1, 2]')
    args = [a.replace('$', str(tmp_path)) for a in args]
    code, err = call('score_difficulty', *args)
    lines = [line for line in err.splitlines() if line.startswith('error:')]
    assert code == 2 and len(lines) == 1 and words in lines[0], err
    assert not (tmp_path / 'o.csv').exists()


def test_bins_of_several_models_in_one_picture(tmp_path, call):
    for name, value in (('a', 1.), ('b', None)):
        (tmp_path / f'{name}.json').write_text(json.dumps(dict(
            PCK=[value] * 5, EvalPose=[value] * 5, error=[value] * 5)))
    out = tmp_path / 'bins.png'
    code, err = call('compare_bins', f'one={tmp_path}/a.json',
                     f'two={tmp_path}/b.json', '-o', out)
    assert code == 0 and cv2.imread(str(out)) is not None, err
    code, err = call('compare_bins', f'{tmp_path}/a.json', '-o', out)
    assert code == 2 and 'NAME=FILE' in err


def test_the_same_from_python():
    from flexpose_mm import UserError
    from flexpose_mm.apis import score_difficulty
    poses = make_poses('source', 60)['keypoints']
    report = score_difficulty(poses, train=dict(steps=5), skeleton='body15')
    assert report.difficulty.scores.shape == (60, )
    assert report.ids.tolist() == list(range(60))
    with pytest.raises(UserError, match='source.shape'):
        score_difficulty(poses[0])
