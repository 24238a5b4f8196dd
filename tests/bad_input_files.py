"""Good and bad files for ``bad_input_cases``."""
import numpy as np
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

from bad_input_cases import ADAPT
from flexpose_mm.checkpoints import encode_meta
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


def _canvas(skeleton: str, size: int) -> dict:
    found = get_skeleton(skeleton)
    return dict(skeleton=found.name, fingerprint=found.fingerprint, size=size,
                line_width=None, joint_radius=None, colors='rgb')


def make_files(folder) -> None:
    """Write poses and checkpoints, good ones and bad ones."""
    _write_poses(folder)

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
    whole = (folder / 'prior.pth').read_bytes()
    (folder / 'half.pth').write_bytes(whole[:len(whole) // 2])
    (folder / 'text.pth').write_text('no checkpoint')
    torch.save(dict(state_dict=_Code(str(folder / 'executed'))),
               folder / 'evil.pth')
