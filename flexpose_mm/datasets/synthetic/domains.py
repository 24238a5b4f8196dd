"""The two domains of the embedded default data."""
from dataclasses import dataclass
from typing import Tuple, Union

from ...errors import UserError
from .actions import ACTIONS, LIMITS
from .kinematics import BONES


@dataclass(frozen=True)
class PoseDomain:
    """A distribution of persons, movements and views.

    Lengths in metres, angles in degrees, focal length in image sides.
    Ranges are (low, high) of a uniform draw.

    Args:
        name (str): Also decides the random stream.
        actions (tuple): Pairs (action of ``ACTIONS``, weight); the class
            names, in this order.
        bones (tuple): Mean lengths in the order of ``kinematics.BONES``.
        bone_spread (float): Relative standard deviation of each length
            between persons (cut off at two of them).
        stature (tuple): Range of the factor common to all lengths.
        jitter (float): Factor on the spread of all joint angles.
        intensity (tuple): Range of the factor on the movement amplitude.
        posture (tuple): Pairs (angle without side, shift of its mean).
        limits (tuple): Triples (angle without side, low, high) that narrow
            the anatomical limits.
        yaw (tuple): Range of the heading; 0 faces the camera, 90 the right
            edge of the image.
        elevation (tuple): Range of the camera's height angle over the person.
        roll (float): Largest turn of the camera about its own axis.
        distance (tuple): Range of the distance from camera to person.
        focal (tuple): Range of the focal length.
        aim (float): Largest offset of the point the camera looks at.
    """
    name: str
    actions: Tuple[Tuple[str, float], ...]
    bones: Tuple[float, ...]
    bone_spread: float
    stature: Tuple[float, float]
    jitter: float
    intensity: Tuple[float, float]
    posture: Tuple[Tuple[str, float], ...]
    limits: Tuple[Tuple[str, float, float], ...]
    yaw: Tuple[float, float]
    elevation: Tuple[float, float]
    roll: float
    distance: Tuple[float, float]
    focal: Tuple[float, float]
    aim: float = 0.15

    def __post_init__(self):
        if len(self.bones) != len(BONES) or min(self.bones) <= 0:
            raise UserError('PoseDomain', 'bones', self.bones,
                            f'give {len(BONES)} positive lengths: {BONES}')
        for name, _ in self.actions:
            if name not in ACTIONS:
                raise UserError('PoseDomain', 'actions', name,
                                f'choose from {sorted(ACTIONS)}')
        for name in [p[0] for p in self.posture + self.limits]:
            if name not in LIMITS:
                raise UserError('PoseDomain', 'posture or limits', name,
                                f'choose from {sorted(LIMITS)}')

    @property
    def classes(self) -> Tuple[str, ...]:
        """Class names, in the order of the integer labels."""
        return tuple(name for name, _ in self.actions)

    def joint_limits(self, angle: str) -> Tuple[float, float]:
        """(low, high) in degrees of an angle named without its side."""
        narrowed = {name: (low, high) for name, low, high in self.limits}
        return narrowed.get(angle, LIMITS[angle])


#: Broad: adults, twelve actions, seen from all sides at eye level.
SOURCE = PoseDomain(
    name='source',
    actions=(('stand', 1.), ('walk', 1.), ('run', 1.5), ('reach', 1.),
             ('sit', 1.5), ('squat', 1.5), ('lunge', 1.5), ('wave', 1.),
             ('kick', 1.5), ('jumping_jack', 1.5), ('bend', 1.5), ('throw',
                                                                   1.)),
    bones=(.27, .52, .18, .29, .26, .12, .44, .43),
    bone_spread=.04,
    stature=(.92, 1.08),
    jitter=1.1,
    intensity=(.6, 1.2),
    posture=(),
    limits=(),
    yaw=(-180., 180.),
    elevation=(-5., 12.),
    roll=4.,
    distance=(4., 6.),
    focal=(2.1, 2.6))

#: Narrow: persons of a child's proportions who stoop, six actions, seen from
#: one side by a raised camera. The gap is mostly one of geometry, so twelve
#: shots say much about it: their mixtures lie at a sixth of its FD.
TARGET = PoseDomain(
    name='target',
    actions=(('walk', 1.), ('reach', 1.), ('sit', 1.), ('lunge', 1.),
             ('wave', 1.), ('throw', 1.)),
    bones=(.36, .46, .21, .25, .22, .15, .30, .28),
    bone_spread=.05,
    stature=(.85, 1.05),
    jitter=.85,
    intensity=(.5, 1.),
    posture=(('trunk_pitch', 6.), ('head_pitch', 6.), ('knee', 10.),
             ('hip_flex', 6.), ('elbow', 15.)),
    limits=(('knee', 5., 125.), ('elbow', 10., 140.), ('sh_flex', -30., 150.),
            ('sh_abd', -10., 140.)),
    yaw=(-60., 10.),
    elevation=(30., 50.),
    roll=4.,
    distance=(3., 4.5),
    focal=(1.75, 2.25))

DOMAINS = {d.name: d for d in (SOURCE, TARGET)}


def get_domain(domain: Union[str, PoseDomain]) -> PoseDomain:
    """Look up a domain by name; a ``PoseDomain`` is returned as it is.

    Raises:
        UserError: If the name is unknown.
    """
    if isinstance(domain, PoseDomain):
        return domain
    if domain not in DOMAINS:
        raise UserError('synthetic poses', 'domain', domain,
                        f'choose from {sorted(DOMAINS)} or give a PoseDomain')
    return DOMAINS[domain]
