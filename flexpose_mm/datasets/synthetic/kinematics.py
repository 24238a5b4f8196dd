"""Forward kinematics of the 15-joint body, vectorised over samples.

Body frame: x forwards, y to the person's left, z up; metres. Angles in
radians, order ``actions.CHANNELS``. Positive means: pitch and flexion of
trunk and head forwards, shoulder and hip flexion lift the limb forwards,
abduction sideways away from the body, twist turns the bend of the elbow or
knee outwards; elbows close forwards and knees backwards.
"""
from typing import Dict

import numpy as np

from .actions import CHANNELS

#: Lengths that describe a person, in the order of every ``bones`` array.
BONES = ('head', 'trunk', 'clavicle', 'upper_arm', 'forearm', 'pelvis',
         'thigh', 'shin')
#: Joint pairs (parent, child) of BODY15 and the bone each one is.
BONE_PAIRS = ((1, 0, 'head'), (2, 1, 'trunk'), (1, 3, 'clavicle'),
              (3, 4, 'upper_arm'), (4, 5, 'forearm'), (1, 6, 'clavicle'),
              (6, 7, 'upper_arm'), (7, 8, 'forearm'), (2, 9, 'pelvis'),
              (9, 10, 'thigh'), (10, 11, 'shin'), (2, 12, 'pelvis'),
              (12, 13, 'thigh'), (13, 14, 'shin'))


def _unit(*xyz):
    return np.array(xyz) / np.linalg.norm(xyz)


_HEAD = _unit(0.12, 0., 1.)  # the head sits a little forward of the neck
_CLAVICLE = _unit(0., 1., -0.18)
_PELVIS = _unit(0., 0.9, -0.44)
_DOWN = np.array([0., 0., -1.])
ANKLE_HEIGHT = 0.08


def rotation(axis: str, angle: np.ndarray) -> np.ndarray:
    """Rotation matrices about a coordinate axis.

    Args:
        axis (str): 'x', 'y' or 'z'.
        angle (np.ndarray): (...) radians, right-handed.

    Returns:
        np.ndarray: (..., 3, 3).
    """
    i, j = {'x': (1, 2), 'y': (2, 0), 'z': (0, 1)}[axis]
    out = np.zeros(angle.shape + (3, 3))
    out[..., range(3), range(3)] = 1.
    out[..., i, i] = out[..., j, j] = np.cos(angle)
    out[..., j, i] = np.sin(angle)
    out[..., i, j] = -out[..., j, i]
    return out


def _chain(frame, *turns):
    for axis, angle in turns:
        frame = frame @ rotation(axis, angle)
    return frame


def _limb(origin, frame, q: Dict, side: str, kind: str, lengths):
    """Two joints of an arm (``sh``, elbow) or a leg (``hip``, knee)."""
    s = 1. if side == 'l' else -1.
    name = f'{side}_{kind}_'
    upper = _chain(frame, ('x', s * q[name + 'abd']), ('y', -q[name + 'flex']),
                   ('z', s * q[name + 'twist']))
    bend = -q[side + '_elbow'] if kind == 'sh' else q[side + '_knee']
    lower = _chain(upper, ('y', bend))
    middle = origin + lengths[0] * (upper @ _DOWN)
    return middle, middle + lengths[1] * (lower @ _DOWN)


def forward_kinematics(angles: np.ndarray, bones: np.ndarray,
                       yaw: np.ndarray) -> np.ndarray:
    """Joint positions of persons who stand on the floor at the origin.

    Args:
        angles (np.ndarray): (..., 24) radians, order ``CHANNELS``.
        bones (np.ndarray): (..., 8) metres, order ``BONES``.
        yaw (np.ndarray): (...) heading in radians; 0 looks along world x.

    Returns:
        np.ndarray: (..., 15, 3) float64 metres, z up, floor at z = 0,
        pelvis above the origin, BODY15 order.
    """
    q = {name: angles[..., c] for c, name in enumerate(CHANNELS)}
    b = {name: bones[..., i, None] for i, name in enumerate(BONES)}
    root = _chain(
        rotation('z', yaw), ('y', q['root_pitch']), ('x', q['root_roll']))
    trunk = _chain(root, ('z', q['trunk_twist']), ('y', q['trunk_pitch']),
                   ('x', q['trunk_roll']))
    head = _chain(trunk, ('z', q['head_yaw']), ('y', q['head_pitch']),
                  ('x', q['head_roll']))
    joints = np.zeros(angles.shape[:-1] + (15, 3))
    joints[..., 1, :] = b['trunk'] * (trunk @ -_DOWN)
    joints[..., 0, :] = joints[..., 1, :] + b['head'] * (head @ _HEAD)
    for i, side in enumerate('lr'):
        flip = np.array([1., 1. - 2 * i, 1.])
        a, h = 3 + 3 * i, 9 + 3 * i
        joints[..., a, :] = joints[..., 1, :] + b['clavicle'] * (
            trunk @ (flip * _CLAVICLE))
        joints[..., a + 1, :], joints[..., a + 2, :] = _limb(
            joints[..., a, :], trunk, q, side, 'sh',
            (b['upper_arm'], b['forearm']))
        joints[..., h, :] = b['pelvis'] * (root @ (flip * _PELVIS))
        joints[...,
               h + 1, :], joints[...,
                                 h + 2, :] = _limb(joints[..., h, :], root, q,
                                                   side, 'hip',
                                                   (b['thigh'], b['shin']))
    joints[..., 2] += ANKLE_HEIGHT - joints[..., 2].min(-1, keepdims=True)
    return joints
