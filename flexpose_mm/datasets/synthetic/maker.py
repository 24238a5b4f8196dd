"""Poses and sequences of a ``PoseDomain``.

Samples are drawn in blocks of 1024; block b of seed s has the generator
``default_rng([s, crc32(domain name), b])`` and is always drawn whole, so that
sample i depends on (domain, seed, i) only: asking for more samples never
changes the earlier ones.
"""
import zlib
from typing import Dict, List, Union

import numpy as np

from ...errors import UserError
from .actions import CHANNELS, action_table, mirror_tables, plain
from .camera import look_at, project, world_to_camera
from .domains import PoseDomain, get_domain
from .kinematics import forward_kinematics

BLOCK = 1024
# Per action: cycles and metres per second. Others repeat at 0.4 Hz in place.
_RATE = dict(walk=.9, run=1.4, jumping_jack=1., wave=1.2, kick=.7, stand=.2)
_SPEED = dict(walk=1.2, run=2.4)
_PATH = 1.2  # metres; a person paces to and fro within this reach
_MARGIN = .94  # of half the image that a person may fill


def _draw(domain: PoseDomain, seed: int, block: int) -> Dict[str, np.ndarray]:
    """All random numbers of one block, in a fixed order."""
    rng = np.random.default_rng(
        [seed, zlib.crc32(domain.name.encode()), block])
    n, c = BLOCK, len(CHANNELS)
    weights = np.array([w for _, w in domain.actions], float)

    def uniform(low, high, *shape):
        return rng.uniform(low, high, (n, ) + shape)

    def normal(*shape):
        return np.clip(rng.standard_normal((n, ) + shape), -2, 2)

    bones = np.array(
        domain.bones) * (1 + domain.bone_spread * normal(len(domain.bones)))
    return dict(
        action=rng.choice(len(weights), n, p=weights / weights.sum()),
        bones=bones * uniform(*domain.stature, 1),
        phase=uniform(0, 2 * np.pi),
        intensity=uniform(*domain.intensity),
        noise=normal(c),
        mirror=rng.random(n) < .5,
        sway_phase=uniform(0, 2 * np.pi, c + 1),
        sway_rate=uniform(.1, .45, c + 1),
        yaw=np.deg2rad(uniform(*domain.yaw)),
        elevation=np.deg2rad(uniform(*domain.elevation)),
        roll=np.deg2rad(uniform(-domain.roll, domain.roll)),
        distance=uniform(*domain.distance),
        focal=uniform(*domain.focal),
        aim=uniform(-domain.aim, domain.aim, 3))


def joint_angles(domain: PoseDomain, draw: Dict[str, np.ndarray],
                 time: np.ndarray) -> np.ndarray:
    """Joint angles of all samples of a block at some times.

    Args:
        domain (PoseDomain): Where the block comes from.
        draw (dict): Random numbers of the n samples of the block.
        time (np.ndarray): (T,) seconds.

    Returns:
        np.ndarray: (n, T, 24) radians within the domain's joint limits,
        order ``CHANNELS``.
    """
    table = action_table(domain.classes)[draw['action']][:, :, None]
    mean, jitter, amp, lag = table.transpose(1, 0, 2, 3)
    shift = dict(domain.posture)
    mean = mean + np.array([shift.get(plain(c), 0.) for c in CHANNELS])
    rate = np.array([_RATE.get(a, .4) for a in domain.classes])
    rate = rate[draw['action']][:, None]
    phase = draw['phase'][:, None] + 2 * np.pi * rate * time
    # a constant habit and a slow sway share the jitter, so that any one
    # moment of a sequence is distributed like a single pose
    sway = np.sin(draw['sway_phase'][:, None, :-1] +
                  2 * np.pi * draw['sway_rate'][:, None, :-1] * time[:, None])
    noise = .92 * draw['noise'][:, None] + .55 * sway
    angles = (
        mean + domain.jitter * jitter * noise +
        draw['intensity'][:, None, None] * amp *
        np.sin(phase[..., None] + np.deg2rad(lag)))
    index, sign = mirror_tables()
    angles = np.where(draw['mirror'][:, None, None], angles[..., index] * sign,
                      angles)
    limits = np.array([domain.joint_limits(plain(c)) for c in CHANNELS])
    return np.deg2rad(np.clip(angles, limits[:, 0], limits[:, 1]))


def _place(domain, draw, angles, time):
    """World joints (n, T, 15, 3): heading, floor contact, pacing."""
    turn = np.deg2rad(12.) * np.sin(draw['sway_phase'][:, -1:] + 2 * np.pi *
                                    draw['sway_rate'][:, -1:] * time)
    yaw = draw['yaw'][:, None] + turn - turn[:, :1]
    bones = np.broadcast_to(draw['bones'][:, None],
                            angles.shape[:2] + draw['bones'].shape[1:])
    joints = forward_kinematics(angles, bones, yaw)
    speed = np.array([_SPEED.get(a, 0.) for a in domain.classes])
    path = _PATH * np.sin(speed[draw['action']][:, None] * time / _PATH)
    heading = np.stack([np.cos(draw['yaw']), np.sin(draw['yaw'])], -1)
    joints[..., :2] += (path[..., None] * heading[:, None])[:, :, None]
    return joints


def _make_block(domain: PoseDomain, seed: int, block: int, keep: int,
                time: np.ndarray, image_size: int) -> Dict[str, np.ndarray]:
    """The first ``keep`` samples of a block."""
    draw = {k: v[:keep] for k, v in _draw(domain, seed, block).items()}
    angles = joint_angles(domain, draw, time)
    joints = _place(domain, draw, angles, time)
    # aim at the middle of the body, a little off
    ends = joints.min(axis=(1, 2)), joints.max(axis=(1, 2))
    R, T = look_at(draw['elevation'], draw['roll'], draw['distance'],
                   (ends[0] + ends[1]) / 2 + draw['aim'])
    camera = world_to_camera(joints, R, T)
    reach = np.abs(camera[..., :2] / camera[..., 2:]).max(axis=(1, 2, 3))
    focal = np.minimum(draw['focal'], .5 * _MARGIN / reach) * image_size
    f = np.repeat(focal[:, None], 2, 1)
    c = np.full_like(f, (image_size - 1) / 2)
    out = dict(
        keypoints=project(camera, f, c),
        keypoints_3d=camera,
        angles=angles,
        bones=draw['bones'],
        R=R,
        T=T,
        f=f,
        c=c)
    out = {k: v.astype(np.float32) for k, v in out.items()}
    return dict(out, action=draw['action'])


def check_integers(where: str, **fields) -> None:
    """Raise UserError unless each field = (value, low) is an integer >= low.
    """
    for field, (value, low) in fields.items():
        if (isinstance(value, bool) or not isinstance(value, (int, np.integer))
                or value < low):
            raise UserError(where, field, value,
                            f'give an integer of at least {low}')


def make_sequences(domain: Union[str, PoseDomain],
                   n: int,
                   frames: int,
                   seed: int = 0,
                   fps: float = 25.,
                   image_size: int = 1000) -> Dict[str, np.ndarray]:
    """Draw moving persons, each before a fixed camera.

    Args:
        domain (str | PoseDomain): 'source', 'target' or one's own.
        n (int): Number of sequences.
        frames (int): T, frames per sequence.
        seed (int): Not negative.
        fps (float): Frames per second.
        image_size (int): Side of the square image in pixels.

    Returns:
        dict: keypoints (n, T, 15, 2) image pixels; keypoints_3d
        (n, T, 15, 3) camera frame, metres; visible (n, T, 15) ones; angles
        (n, T, 24) radians and bones (n, 8) metres; action (n,) str;
        camera: dict of R (n, 3, 3) camera to world, T (n, 3) camera's place,
        f (n, 2), c (n, 2) pixels, w, h. Arrays are float32.

    Raises:
        UserError: If an argument is out of range.
    """
    domain = get_domain(domain)
    check_integers(
        'synthetic poses',
        n=(n, 1),
        frames=(frames, 1),
        seed=(seed, 0),
        image_size=(image_size, 8))
    if not fps > 0:
        raise UserError('synthetic poses', 'fps', fps, 'give more than 0')
    time = np.arange(frames) / fps
    parts: List[dict] = [
        _make_block(domain, seed, b, min(BLOCK, n - b * BLOCK), time,
                    image_size) for b in range(-(-n // BLOCK))
    ]
    out = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    camera = {k: out.pop(k) for k in 'RTfc'}
    out['camera'] = dict(camera, w=image_size, h=image_size)
    out['action'] = np.array(domain.classes)[out['action']]
    out['visible'] = np.ones(out['keypoints'].shape[:-1], np.float32)
    return out


def make_poses(domain: Union[str, PoseDomain],
               n: int,
               seed: int = 0,
               image_size: int = 1000) -> Dict[str, np.ndarray]:
    """Draw independent poses: the first frames of ``make_sequences``.

    Args:
        domain (str | PoseDomain): 'source', 'target' or one's own.
        n (int): Number of poses.
        seed (int): Not negative.
        image_size (int): Side of the square image in pixels.

    Returns:
        dict: As ``make_sequences`` without the time axis: keypoints
        (n, 15, 2), keypoints_3d (n, 15, 3), visible (n, 15), angles (n, 24).
    """
    out = make_sequences(domain, n, 1, seed, image_size=image_size)
    for key in ('keypoints', 'keypoints_3d', 'visible', 'angles'):
        out[key] = out[key][:, 0]
    return out
