"""Converters of 3D sets on generated files of the official layouts."""
import importlib.util
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from lifting_files import bodies
from mmpose.registry import DATASETS

from flexpose_mm import UserError
from flexpose_mm.datasets.h36m_cameras import h36m_cameras, to_camera
from flexpose_mm.datasets.plain_pickle import (load_object_npz,
                                               load_plain_pickle)
from flexpose_mm.joint_orders import JOINT_ORDERS, from_h36m17
from flexpose_mm.models.lifting.camera import (denormalize_screen,
                                               normalize_camera, project)

HERE = Path(__file__).resolve().parents[2] / 'tools/dataset_converters'


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def objects(path, **arrays):
    """npz of object arrays, as the official files are."""
    np.savez_compressed(path, **{k: np.array(v, dtype=object)
                                 for k, v in arrays.items()})
    return str(path)


# -- the unpickler --------------------------------------------------------
class Evil:

    def __reduce__(self):
        return os.system, ('touch /tmp/flexpose_evil',)


def test_plain_pickles_are_read(tmp_path):
    data = dict(a=np.arange(6.).reshape(2, 3), b=[1, 'x', None, 2.5],
                c={'d': (np.float32(3), np.array(['u', 'v']))},
                e=np.array([np.zeros(2), [1]], dtype=object))
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        path = tmp_path / f'{protocol}.pkl'
        path.write_bytes(pickle.dumps(data, protocol))
        got = load_plain_pickle(str(path))
        assert (got['a'] == data['a']).all() and got['b'] == data['b']
        assert got['c']['d'][1].tolist() == ['u', 'v']
    path = objects(tmp_path / 'x.npz', data=data)
    assert (load_object_npz(path, 'data')['data']['a'] == data['a']).all()
    np.savez(tmp_path / 'y.npz', plain=np.asfortranarray(data['a']))
    got = load_object_npz(str(tmp_path / 'y.npz'), 'plain')['plain']
    assert (got == data['a']).all()


@pytest.mark.parametrize('evil', [Evil(), print, Path('.'), eval])
def test_others_are_not(evil, tmp_path):
    path = tmp_path / 'evil.pkl'
    path.write_bytes(pickle.dumps(dict(a=evil)))
    with pytest.raises(UserError, match='not allowed'):
        load_plain_pickle(str(path))
    with pytest.raises(UserError, match='not allowed'):
        load_object_npz(objects(tmp_path / 'x.npz', data=dict(a=evil)),
                        'data')
    assert not os.path.exists('/tmp/flexpose_evil')


def test_damaged_files(tmp_path):
    path = tmp_path / 'x.pkl'
    path.write_bytes(pickle.dumps(np.zeros(9))[:-20])
    with pytest.raises(UserError, match='damaged'):
        load_plain_pickle(str(path))
    with pytest.raises(UserError, match='no such file'):
        load_plain_pickle(str(tmp_path / 'no.pkl'))
    with pytest.raises(UserError, match='complete npz'):
        load_object_npz(str(path), 'data')
    np.savez(tmp_path / 'x.npz', other=np.zeros(2))
    with pytest.raises(UserError, match=r"array='data'.*\['other'\]"):
        load_object_npz(str(tmp_path / 'x.npz'), 'data')
    with zipfile.ZipFile(tmp_path / 'z.npz', 'w') as archive:
        archive.writestr('data.npy', io.BytesIO(b'nothing').getvalue())
    with pytest.raises(UserError, match='damaged array'):
        load_object_npz(str(tmp_path / 'z.npz'), 'data')


# -- Human3.6M ------------------------------------------------------------
@pytest.fixture
def h36m_files(tmp_path):
    """Two subjects of VideoPose3D's packing, with its 32 joints."""
    world, screen, truth = {}, {}, {}
    for i, subject in enumerate(('S1', 'S11')):
        rig = h36m_cameras(subject)
        body = bodies(2, 30, seed=i)
        world[subject], screen[subject] = {}, {}
        for v, action in enumerate(('Walking 1', 'Directions')):
            x = np.einsum('ij,tkj->tki', body['R'][v],
                          body['positions'][v]) + body['T'][v]
            x -= [*x[:, 0, :2].mean(0), 0]
            full = np.zeros((30, 32, 3), np.float32)
            full[:, list(JOINT_ORDERS['h36m32'][1])] = x
            world[subject][action] = full
            views = []
            for c in range(4):
                seen = torch.tensor(
                    to_camera(x, rig['R'][c], rig['T'][c])).float()
                camera = normalize_camera(
                    *(rig[k][c] for k in 'fckp'), *rig['wh'][c])
                points = denormalize_screen(
                    project(seen, camera), *rig['wh'][c].tolist()).numpy()
                views.append(np.concatenate([points, points[-1:]]))
                truth[subject, action, c] = seen.numpy(), points
            screen[subject][action] = views
    return (objects(tmp_path / 'data_3d_h36m.npz', positions_3d=world),
            objects(tmp_path / 'data_2d_h36m_gt.npz', positions_2d=screen,
                    metadata=dict(num_joints=17)), truth)


def test_h36m(h36m_files, tmp_path, capsys):
    *files, truth = h36m_files
    out = tmp_path / 'h36m.npz'
    load('h36m_lifting').main(
        [*files, '-o', str(out), '--subjects', 'S1', 'S11'])
    # S11 Directions is corrupt in the original
    assert '12 videos of 3 sequences' in capsys.readouterr().out
    dataset = DATASETS.build(
        dict(type='H36MLiftingDataset', ann_file=str(out), seq_len=9,
             select=dict(subject='S11', camera='58860488'),
             with_trajectory=True, test_mode=True))
    assert isinstance(dataset.videos.positions, np.memmap)
    assert len(dataset) == 4 and set(dataset.videos.action) == {'Walking'}
    info = dataset.get_data_info(1)
    seen, points = truth['S11', 'Walking 1', 2]
    assert np.allclose(info['lifting_target'] + info['trajectory'][:, None],
                       seen[9:18], atol=1e-5)
    assert np.allclose(info['keypoints'], 2 * points[9:18] / 1000 - 1,
                       atol=1e-5)
    got = project(
        torch.tensor(info['lifting_target'] + info['trajectory'][:, None]),
        torch.tensor(info['camera']))
    assert np.abs(got - info['keypoints']).max() < 1e-5


def test_h36m_refuses(h36m_files, tmp_path):
    tool, out = load('h36m_lifting'), str(tmp_path / 'out.npz')
    world, screen, _ = h36m_files
    with pytest.raises(UserError, match=r"content\['S5'\].*S1"):
        tool.main([world, screen, '-o', out, '--subjects', 'S5'])
    bad = load_object_npz(screen, 'positions_2d')['positions_2d']
    bad['S1']['Walking 1'] = bad['S1']['Walking 1'][:3]
    with pytest.raises(UserError, match='S1/Walking 1.*4 views'):
        tool.main([world, objects(tmp_path / 'b.npz', positions_2d=bad),
                   '-o', out, '--subjects', 'S1'])
    assert not os.path.exists(out)


# -- MPI-INF-3DHP ---------------------------------------------------------
def dhp(n=1, frames=30):
    """Videos of {data_2d, data_3d} in 3DHP's order, pixels and mm."""
    body = bodies(n, frames)
    return [
        dict(data_2d=from_h36m17(body['keypoints'][v], '3dhp17'),
             data_3d=1000 * from_h36m17(body['positions'][v], '3dhp17'))
        for v in range(n)
    ], body


def test_3dhp_test_set(tmp_path, capsys):
    (one, two), body = dhp(2)
    valid = np.ones((30, 1), int)
    valid[:10] = 0
    data = dict(TS1=dict(one, valid=valid), TS6=dict(two, valid=valid))
    out = tmp_path / 'test.npz'
    load('mpi_inf_3dhp').main(
        [objects(tmp_path / 'data_test_3dhp_ori.npz', data=data), '-o',
         str(out)])
    assert '2 videos, 60 frames, 40 valid' in capsys.readouterr().out
    dataset = DATASETS.build(
        dict(type='MPIINF3DHPLiftingDataset', ann_file=str(out), seq_len=9,
             test_mode=True, with_trajectory=True))
    videos = dataset.videos
    assert videos.joint_order == '3dhp17'
    assert videos.wh.tolist() == [[2048, 2048], [1920, 1080]]
    assert np.allclose(videos.f, body['f'], rtol=1e-4)
    info = dataset.get_data_info(4)
    assert info['sequence'] == 'TS6' and info['action'] == 'TS6'
    assert np.allclose(
        info['lifting_target'] + info['trajectory'][:, None],
        body['positions'][1, :9], atol=1e-5)
    assert not info['frame_weight'].any()
    counted = sum(dataset.get_data_info(i)['frame_weight'].sum()
                  for i in range(len(dataset)))
    assert counted == 40


def test_3dhp_training_set(tmp_path):
    (one, two), body = dhp(2)
    data = {'S1 Seq1': [{'0': one, '2': two}, 25], 'S2 Seq1': [{'0': one},
                                                               50]}
    out = tmp_path / 'train.npz'
    load('mpi_inf_3dhp').main(
        [objects(tmp_path / 'data_train_3dhp_ori.npz', data=data), '-o',
         str(out)])
    dataset = DATASETS.build(
        dict(type='MPIINF3DHPLiftingDataset', ann_file=str(out), seq_len=9,
             select=dict(subject='S1', camera='2')))
    assert dataset.videos.sequence.tolist() == ['S1/Seq1']
    assert dataset.get_data_info(0)['frame_weight'].sum() == 6


@pytest.mark.parametrize('change, words', [
    (lambda v: v.update(data_3d=v['data_3d'] / 1000), 'give millimetres'),
    (lambda v: v.update(data_3d=v['data_3d'][:, :16]), r'data_3d \(n, 17'),
    (lambda v: v.pop('data_2d'), "'data_2d'"),
    (lambda v: v.update(data_3d=v['data_3d'] * [1, 1, 1] +
                        [0, 0, 900] * (np.arange(17) > 8)[:, None]),
     '"_ori" file')])
def test_3dhp_refuses(change, words, tmp_path):
    video = dhp()[0][0]
    change(video)
    path = objects(tmp_path / 'x.npz', data=dict(TS1=video))
    with pytest.raises(UserError, match=words):
        load('mpi_inf_3dhp').main([path, '-o', str(tmp_path / 'o.npz')])
    assert not (tmp_path / 'o.npz').exists()


# -- 3DPW -----------------------------------------------------------------
def smpl(points):
    """(n, 17, 3) of h36m17 as 24 joints: the missing ones lie at the root."""
    full = np.repeat(points[:, :1], 24, 1)
    full[:, list(JOINT_ORDERS['smpl24'][1])] = points
    return full


def test_3dpw(tmp_path, capsys):
    body, frames = bodies(2, 30), 30
    pose = np.tile(np.eye(4), (frames, 1, 1))
    pose[:, :3, 3] = [.1, 0, .5]  # world to camera
    world = [smpl(p.astype(np.float64)) - [.1, 0, .5]
             for p in body['positions']]
    valid = [np.ones(frames, int), np.ones(frames, int)]
    valid[0][12] = 0
    world[1][25:] = [0, 0, -3]  # behind the camera
    folder = tmp_path / 'test'
    folder.mkdir()
    (folder / 'walk_00.pkl').write_bytes(
        pickle.dumps(
            dict(jointPositions=[w.reshape(frames, 72) for w in world],
                 cam_poses=pose, campose_valid=valid, sequence='walk_00',
                 cam_intrinsics=np.array([[1961.9, 0, 540.],
                                          [0, 1969.2, 960.], [0, 0, 1]]),
                 genders=['m', 'f']), 2))
    out = tmp_path / 'pw3d.npz'
    load('pw3d').main([str(folder), '-o', str(out)])
    assert '3 videos, 54 frames' in capsys.readouterr().out
    dataset = DATASETS.build(
        dict(type='PW3DLiftingDataset', ann_file=str(out), seq_len=9,
             with_trajectory=True, test_mode=True))
    assert dataset.videos.length.tolist() == [12, 17, 25]
    assert dataset.videos.wh.tolist() == [[1080, 1920]] * 3
    info = dataset.get_data_info(0)
    assert info['norm_size'] == 1920
    points = info['lifting_target'] + info['trajectory'][:, None]
    assert np.allclose(points, body['positions'][0, :9], atol=1e-5)
    got = project(torch.tensor(points), torch.tensor(info['camera']))
    assert np.abs(got - info['keypoints']).max() < 1e-5


def test_3dpw_refuses(tmp_path):
    tool = load('pw3d')
    with pytest.raises(UserError, match='no .pkl files'):
        tool.main([str(tmp_path), '-o', str(tmp_path / 'o.npz')])
    (tmp_path / 'x.pkl').write_bytes(pickle.dumps(dict(sequence='x')))
    with pytest.raises(UserError, match='cam_poses'):
        tool.main([str(tmp_path), '-o', str(tmp_path / 'o.npz')])
