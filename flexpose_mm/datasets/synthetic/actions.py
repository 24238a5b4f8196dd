"""What people do: one parametric distribution of joint angles per action.

A joint angle is ``mean + jitter * noise + amp * intensity * sin(phase + lag)``
in degrees, where noise, intensity and phase are drawn per sample. Signs: see
``kinematics.py``. Right and left are exchanged for half of all samples, so
one-sided actions are written for one side only.
"""
from typing import Dict, Tuple

import numpy as np

_TRUNK = ('trunk_pitch', 'trunk_roll', 'trunk_twist', 'head_pitch',
          'head_roll', 'head_yaw', 'root_pitch', 'root_roll')
_SIDE = ('sh_flex', 'sh_abd', 'sh_twist', 'elbow', 'hip_flex', 'hip_abd',
         'hip_twist', 'knee')

#: Names of the 24 joint angles, in the order of every ``angles`` array.
CHANNELS = _TRUNK + tuple(f'{s}_{c}' for s in 'lr' for c in _SIDE)

#: Anatomical limits in degrees; knees and elbows bend one way only.
LIMITS: Dict[str, Tuple[float, float]] = dict(
    trunk_pitch=(-25, 75),
    trunk_roll=(-35, 35),
    trunk_twist=(-45, 45),
    head_pitch=(-40, 50),
    head_roll=(-35, 35),
    head_yaw=(-70, 70),
    root_pitch=(-20, 40),
    root_roll=(-20, 20),
    sh_flex=(-50, 175),
    sh_abd=(-15, 170),
    sh_twist=(-70, 95),
    elbow=(0, 150),
    hip_flex=(-30, 125),
    hip_abd=(-15, 55),
    hip_twist=(-35, 45),
    knee=(0, 150))

# (mean, jitter) of a relaxed person; actions override single entries.
_REST = dict(
    trunk_pitch=(2, 4),
    trunk_roll=(0, 3),
    trunk_twist=(0, 5),
    head_pitch=(4, 9),
    head_roll=(0, 6),
    head_yaw=(0, 18),
    root_pitch=(0, 2),
    root_roll=(0, 2),
    sh_flex=(2, 9),
    sh_abd=(9, 6),
    sh_twist=(0, 14),
    elbow=(18, 10),
    hip_flex=(2, 4),
    hip_abd=(4, 3),
    hip_twist=(4, 5),
    knee=(6, 4))


def _both(lag=0., **angles):
    """The same entry on both sides; ``lag`` delays the right one (deg)."""
    out = {}
    for name, entry in angles.items():
        mean, jitter, amp, phase = (tuple(entry) + (0, 0))[:4]
        out['l_' + name] = (mean, jitter, amp, phase)
        out['r_' + name] = (mean, jitter, amp, phase + lag)
    return out


#: action -> {angle: (mean, jitter, amp, lag)} in degrees.
ACTIONS: Dict[str, Dict[str, tuple]] = dict(
    stand=dict(
        _both(sh_flex=(4, 14), elbow=(25, 20), hip_abd=(5, 4)),
        trunk_pitch=(2, 5),
        head_yaw=(0, 28)),
    walk=dict(
        _both(
            180,
            hip_flex=(6, 4, 27, 0),
            knee=(24, 5, 26, 65),
            sh_flex=(0, 6, 24, 180),
            elbow=(24, 9, 10, 180)),
        trunk_pitch=(4, 4),
        trunk_twist=(0, 4, 8, 180)),
    run=dict(
        _both(
            180,
            hip_flex=(16, 5, 42, 0),
            knee=(52, 9, 44, 75),
            sh_flex=(-4, 8, 40, 180),
            sh_abd=(12, 6),
            elbow=(88, 14, 14, 180)),
        trunk_pitch=(12, 5),
        trunk_twist=(0, 4, 12, 180)),
    reach=dict(
        _both(hip_flex=(8, 8), knee=(12, 9)),
        l_sh_flex=(105, 28, 16, 0),
        l_sh_abd=(22, 18),
        l_elbow=(22, 16, 12, 180),
        trunk_pitch=(10, 10, 5, 0),
        trunk_twist=(-8, 9),
        head_pitch=(-4, 12)),
    sit=dict(
        _both(
            hip_flex=(86, 9),
            hip_abd=(9, 8),
            knee=(84, 14, 6, 0),
            sh_flex=(28, 16),
            sh_abd=(12, 9),
            sh_twist=(-12, 18),
            elbow=(58, 24, 10, 90)),
        trunk_pitch=(6, 11),
        trunk_roll=(0, 5),
        head_pitch=(8, 13)),
    squat=dict(
        _both(
            hip_flex=(82, 12, 24, 0),
            hip_abd=(16, 7),
            hip_twist=(14, 8),
            knee=(94, 12, 28, 0),
            sh_flex=(66, 20, 18, 0),
            elbow=(26, 16)),
        root_pitch=(20, 8),
        trunk_pitch=(14, 8)),
    lunge=dict(
        _both(sh_abd=(24, 14), elbow=(48, 24)),
        l_hip_flex=(66, 13, 14, 0),
        l_knee=(70, 13, 16, 0),
        r_hip_flex=(-16, 7, 6, 180),
        r_knee=(34, 13, 18, 0),
        trunk_pitch=(8, 9)),
    wave=dict(
        l_sh_abd=(98, 22, 8, 0),
        l_sh_flex=(14, 12),
        l_sh_twist=(78, 16, 12, 90),
        l_elbow=(76, 18, 26, 0),
        trunk_roll=(3, 4)),
    kick=dict(
        _both(sh_abd=(34, 18), elbow=(40, 20)),
        l_hip_flex=(44, 12, 36, 0),
        l_knee=(34, 14, 30, 110),
        r_knee=(12, 6),
        l_sh_flex=(-8, 12, 18, 180),
        r_sh_flex=(16, 14, 22, 0),
        trunk_pitch=(-4, 7)),
    jumping_jack=dict(
        _both(
            sh_abd=(86, 10, 68, 0),
            elbow=(14, 9),
            sh_twist=(10, 10),
            hip_abd=(17, 4, 14, 0),
            knee=(10, 6)),
        head_yaw=(0, 8)),
    bend=dict(
        _both(
            hip_flex=(24, 10),
            knee=(20, 12),
            sh_flex=(62, 20, 14, 0),
            elbow=(22, 14)),
        root_pitch=(24, 8),
        trunk_pitch=(42, 12, 12, 0),
        head_pitch=(-8, 12)),
    throw=dict(
        l_sh_abd=(82, 16),
        l_sh_flex=(24, 12, 46, 0),
        l_sh_twist=(58, 16, 26, 180),
        l_elbow=(76, 16, 40, 150),
        r_sh_flex=(40, 22, 24, 180),
        r_elbow=(40, 18),
        l_hip_flex=(-8, 8, 10, 180),
        r_hip_flex=(26, 10, 12, 180),
        r_knee=(26, 12),
        trunk_twist=(0, 6, 28, 0)))


def action_table(names: Tuple[str, ...]) -> np.ndarray:
    """Collect the parameters of some actions.

    Args:
        names (tuple[str]): Keys of ``ACTIONS``.

    Returns:
        np.ndarray: (A, 4, 24) float64: mean, jitter, amp, lag; in degrees.
    """
    table = np.zeros((len(names), 4, len(CHANNELS)))
    for a, name in enumerate(names):
        for c, channel in enumerate(CHANNELS):
            rest = _REST[plain(channel)]
            entry = tuple(ACTIONS[name].get(channel, rest))
            table[a, :len(entry), c] = entry
    return table


def plain(channel: str) -> str:
    """Name of an angle without its side: 'l_knee' -> 'knee'."""
    return channel[2:] if channel[:2] in ('l_', 'r_') else channel


def mirror_tables() -> Tuple[np.ndarray, np.ndarray]:
    """How angles change when a person is seen in a mirror.

    Returns:
        tuple: index (24,) of the channel taken, sign (24,) applied to it.
    """
    swap = {'l': 'r', 'r': 'l'}
    index = [
        CHANNELS.index(swap[c[0]] + c[1:]) if plain(c) != c else i
        for i, c in enumerate(CHANNELS)
    ]
    odd = ('trunk_roll', 'trunk_twist', 'head_roll', 'head_yaw', 'root_roll')
    sign = [-1. if c in odd else 1. for c in CHANNELS]
    return np.array(index), np.array(sign)
