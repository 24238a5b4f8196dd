"""Good and bad files for ``bad_input_cases``."""
import json

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from bad_input_cases import ADAPT, LABEL
from flexpose_mm.checkpoints import encode_meta
from flexpose_mm.models.vae import PoseVAE
from flexpose_mm.skeletons import get_skeleton


class _Code:
    """Unpickling it would create a file."""

    def __init__(self, path: str):
        self.path = path

    def __reduce__(self):
        return open, (self.path, 'w')


def _write_poses(folder) -> None:
    rng = np.random.default_rng(0)
    poses = rng.uniform(0, 99, (8, 15, 2)).astype(np.float32)
    arrays = dict(keypoints=poses, action=np.repeat(['run', 'walk'], 4),
                  subject=np.repeat([2, 1], 4))
    for name, value in dict(nan=np.nan, inf=np.inf, flat=1).items():
        arrays[name] = poses.copy()
        arrays[name][3, :] = value
    arrays['hidden'] = np.ones((8, 15), np.float32)
    arrays['hidden'][3] = 0
    arrays['partly'] = np.eye(8, 15, dtype=np.float32)
    for name, joints, axes in (('sixteen', 16, 2), ('hand', 21, 2),
                               ('deep', 15, 3)):
        arrays[name] = rng.random((8, joints, axes), np.float32)
    np.savez(folder / 'poses.npz', **arrays)
    np.savez(folder / 'objects.npz', keypoints=np.array([poses, None], 'O'),
             action=arrays['action'])
    whole = (folder / 'poses.npz').read_bytes()
    (folder / 'half.npz').write_bytes(whole[:len(whole) // 2])
    (folder / 'text.npz').write_text('no array')


def _write_photos(folder) -> None:
    """Folders of good and bad images, boxes for them, and pose banks."""
    rng = np.random.default_rng(0)

    def save(name, *shape):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), rng.integers(0, 255, shape, np.uint8))
        return path

    for name, height, width in (('1', 40, 50), ('2', 44, 30)):
        save(f'photos/{name}.jpg', height, width, 3)
        save(f'grey/{name}.png', height, width)
        save(f'clear/{name}.png', height, width, 4)
    cut = save('cut/cut.jpg', 60, 60, 3)
    cut.write_bytes(cut.read_bytes()[:500])
    for name in ('empty', 'text'):
        (folder / name).mkdir()
    (folder / 'text' / 'text.jpg').write_text('a photograph')
    for name, file, box in (('lost', 'gone.jpg', [1, 1, 9, 9]),
                            ('flat_box', '1.jpg', [1, 1, 0, 9]),
                            ('boxless', '1.jpg', None)):
        notes = [dict(id=1, image_id=1, bbox=box)] if box else []
        images = [dict(id=1, file_name=file)]
        (folder / f'{name}.json').write_text(
            json.dumps(dict(images=images, annotations=notes)))
    (folder / 'other.json').write_text('[1, 2]')
    for name, n, joints in (('canvas', 8, 15), ('none', 0, 15),
                            ('hands', 8, 21)):
        np.savez(folder / f'{name}.npz',
                 keypoints=rng.uniform(-1, 1, (n, joints, 2)).astype('f4'))


def _write_persons(folder) -> None:
    """COCO files of 30 persons, whole and spoilt."""
    rng = np.random.default_rng(0)
    good = rng.uniform(1, 50, (30, 17, 3)).round(2)
    good[..., 2] = 2
    spoilt = {name: good.copy() for name in ('good', 'nan', 'hidden', 'same')}
    spoilt['few'] = good[:9]
    spoilt['nan'][3, 2, 0] = np.nan
    spoilt['hidden'][..., 2] = 0
    spoilt['same'][:] = good[0]
    for name, table in spoilt.items():
        notes = [
            dict(id=i, image_id=1, category_id=1, iscrowd=0, area=2500,
                 bbox=[0, 0, 50, 50], num_keypoints=17,
                 keypoints=row.ravel().tolist())
            for i, row in enumerate(table)
        ]
        (folder / f'persons_{name}.json').write_text(
            json.dumps(
                dict(
                    images=[dict(id=1, file_name='a', width=50, height=50)],
                    categories=[dict(id=1, name='person')],
                    annotations=notes)))


def _canvas(skeleton: str, size: int) -> dict:
    found = get_skeleton(skeleton)
    return dict(skeleton=found.name, fingerprint=found.fingerprint, size=size,
                line_width=None, joint_radius=None, colors='rgb')


def make_files(folder) -> None:
    """Write poses and checkpoints, good ones and bad ones."""
    _write_poses(folder)
    _write_persons(folder)
    PoseVAE(16).save(str(folder / 'vae16.pth'))
    _write_photos(folder)

    def build(text: str):
        text = text.replace('$', str(folder))
        path = folder / 'build.py'
        path.write_text(text)
        return MODELS.build(Config.fromfile(path).model)

    def save(name, state, skeleton='body15', size=16):
        state = dict(state, _extra_state=encode_meta(_canvas(skeleton, size)))
        torch.save(dict(state_dict=state), folder / f'{name}.pth')

    free = "\ngenerator.pop('checkpoint')\nmodel['regressor'] = beta"
    state = build(ADAPT + free).state_dict()
    (folder / 'adapt.py').write_text(ADAPT.replace('$', str(folder)))
    prior = {k: v for k, v in state.items()
             if k.startswith('generator.') and '.tau.' not in k}
    save('prior', prior)
    save('hand', prior, 'hand21')
    save('adapter', state)
    save('adapter_hand', state, 'hand21')
    wide = "\ngenerator['channels'][8] = 16"
    save('wide', {k: v for k, v in build(ADAPT + free + wide).state_dict(
    ).items() if k in prior})
    large = ADAPT.replace('size = 16', 'size = 32') + free
    state = build(large).state_dict()
    save('prior32', {k: v for k, v in state.items()
                     if k.startswith('generator.') and '.tau.' not in k},
         size=32)
    save('beta32', {k[10:]: v for k, v in state.items()
                    if k.startswith('regressor.')}, size=32)
    torch.save(dict(state_dict=build(LABEL).state_dict()),
               folder / 'kg.pth')
    whole = (folder / 'prior.pth').read_bytes()
    (folder / 'half.pth').write_bytes(whole[:len(whole) // 2])
    (folder / 'text.pth').write_text('no checkpoint')
    torch.save(dict(state_dict=_Code(str(folder / 'executed'))),
               folder / 'evil.pth')
