"""How persons and backgrounds look: drawn per image from a domain's style."""
import colorsys
from dataclasses import dataclass
from typing import Dict, Tuple, Union

import cv2
import numpy as np

from ...errors import UserError
from .domains import PoseDomain

#: What a body part can be made of.
MATERIALS = ('skin', 'hair', 'shirt', 'trousers', 'shoes')
_SKIN = ((255, 219, 190), (240, 195, 155), (224, 172, 125), (198, 134, 90),
         (150, 95, 60), (105, 66, 45))


@dataclass(frozen=True)
class Style:
    """Ranges that tell the images of two domains apart.

    Args:
        hue (tuple): Range of the clothes' hue in turns.
        saturation (tuple): Range of the clothes' saturation.
        value (tuple): Range of the clothes' brightness.
        patterns (tuple): Cloth patterns that occur: 'plain', 'stripes',
            'bands', 'checks', 'noise'.
        long_sleeves (float): Probability; also of long trousers.
        girth (tuple): Range of the factor on the limbs' thickness.
        ambient (tuple): Range of the light that reaches everything.
        background_hue (tuple): Range of the background's hue in turns.
        background_value (tuple): Range of the background's brightness.
        clutter (tuple): Range (low, high) of the number of shapes behind.
        noise (float): Standard deviation of the sensor noise, of 255.
        occluder (float): Probability of an object in front of the person.
    """
    hue: Tuple[float, float]
    saturation: Tuple[float, float]
    value: Tuple[float, float]
    patterns: Tuple[str, ...]
    long_sleeves: float
    girth: Tuple[float, float]
    ambient: Tuple[float, float]
    background_hue: Tuple[float, float]
    background_value: Tuple[float, float]
    clutter: Tuple[int, int]
    noise: float
    occluder: float


#: Bright plain clothes in a bright room.
SOURCE_STYLE = Style(
    hue=(0., 1.),
    saturation=(.45, .9),
    value=(.55, .95),
    patterns=('plain', 'plain', 'stripes', 'noise'),
    long_sleeves=.35,
    girth=(.85, 1.1),
    ambient=(.5, .65),
    background_hue=(0., 1.),
    background_value=(.55, .95),
    clutter=(0, 5),
    noise=3.,
    occluder=.12)
#: Patterned dark clothes in a dim, cluttered, greenish place.
TARGET_STYLE = Style(
    hue=(.5, 1.1),
    saturation=(.1, .6),
    value=(.35, .8),
    patterns=('stripes', 'bands', 'checks', 'noise'),
    long_sleeves=.8,
    girth=(1.1, 1.35),
    ambient=(.3, .5),
    background_hue=(.15, .45),
    background_value=(.2, .6),
    clutter=(4, 12),
    noise=7.,
    occluder=.3)


@dataclass(frozen=True)
class Look:
    """One person's appearance: what ``render_body`` needs besides the pose.

    Args:
        colors (dict): Material -> (3,) float32 RGB, 0 to 255.
        pattern (str): Pattern of shirt and trousers.
        period (float): Length of the pattern in metres.
        sleeves (bool): Whether forearms and shins are covered.
        girth (float): Factor on the thickness of all parts.
        ambient (float): Share of the light that comes from everywhere.
        light (np.ndarray): (3,) unit vector to the lamp, camera frame.
    """
    colors: Dict[str, np.ndarray]
    pattern: str
    period: float
    sleeves: bool
    girth: float
    ambient: float
    light: np.ndarray


STYLES = dict(source=SOURCE_STYLE, target=TARGET_STYLE)


def get_style(style: Union[str, Style, None], domain: PoseDomain) -> Style:
    """Look up a style by name.

    Args:
        style (str | Style, optional): None: the one named like the domain,
            or the source's if there is none.
        domain (PoseDomain): Domain of the persons.

    Raises:
        UserError: If the name is unknown.
    """
    if style is None:
        return STYLES.get(domain.name, SOURCE_STYLE)
    if isinstance(style, Style):
        return style
    if style not in STYLES:
        raise UserError('synthetic images', 'style', style,
                        f'choose from {sorted(STYLES)} or give a Style')
    return STYLES[style]


def _color(rng, hue, saturation, value) -> np.ndarray:
    hsv = [rng.uniform(*r) for r in (hue, saturation, value)]
    rgb = colorsys.hsv_to_rgb(hsv[0] % 1., hsv[1], hsv[2])
    return 255 * np.array(rgb, np.float32)


def draw_look(style: Style, rng: np.random.Generator) -> Look:
    """Draw a person's appearance."""
    cloth = (style.hue, style.saturation, style.value)
    colors = dict(
        skin=np.array(_SKIN[rng.integers(len(_SKIN))], np.float32),
        hair=_color(rng, (.03, .12), (.2, .8), (.1, .6)),
        shirt=_color(rng, *cloth),
        trousers=_color(rng, *cloth),
        shoes=_color(rng, (0., 1.), (0., .6), (.1, .9)))
    light = np.array([rng.uniform(-.8, .8), rng.uniform(-.9, -.2), -.8])
    return Look(
        colors=colors,
        pattern=str(rng.choice(style.patterns)),
        period=rng.uniform(.06, .14),
        sleeves=bool(rng.random() < style.long_sleeves),
        girth=rng.uniform(*style.girth),
        ambient=rng.uniform(*style.ambient),
        light=(light / np.linalg.norm(light)).astype(np.float32))


def _shape(image, rng, color, center, radius):
    """One filled rectangle, ellipse or bar with a darker rim."""
    center = tuple(int(v) for v in center)
    size = np.maximum(2, radius * rng.uniform(.4, 1.2, 2))
    kind, angle = rng.integers(3), float(rng.uniform(0, 180))
    if kind == 0:
        cv2.ellipse(image, center, tuple(int(v) for v in size), angle, 0, 360,
                    color.tolist(), -1, cv2.LINE_AA)
        return
    if kind == 2:
        size = size * (.35, 2.2)
    box = cv2.boxPoints((center, tuple(2. * size), angle)).astype(np.int32)
    cv2.fillConvexPoly(image, box, color.tolist(), cv2.LINE_AA)
    cv2.polylines(image, [box], True, (.6 * color).tolist(), 1, cv2.LINE_AA)


def draw_background(size: int, style: Style,
                    rng: np.random.Generator) -> np.ndarray:
    """Gradient, cloudy noise and random shapes.

    Returns:
        np.ndarray: (size, size, 3) float32 RGB, about 0 to 255.
    """
    hsv = (style.background_hue, (.05, .5), style.background_value)
    top, bottom = _color(rng, *hsv), _color(rng, *hsv)
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    image = np.repeat(top * (1 - ramp) + bottom * ramp, size, 1)
    clouds = rng.uniform(-22, 22, (7, 7, 3)).astype(np.float32)
    image += cv2.resize(clouds, (size, size), interpolation=cv2.INTER_CUBIC)
    image = np.ascontiguousarray(image)
    for _ in range(rng.integers(style.clutter[0], style.clutter[1] + 1)):
        _shape(image, rng, _color(rng, *hsv), rng.uniform(0, size, 2),
               size * rng.uniform(.06, .22))
    return image


def draw_occluder(size: int, style: Style, center: np.ndarray, radius: float,
                  rng: np.random.Generator) -> Tuple[np.ndarray, np.ndarray]:
    """An object that stands before the person.

    Returns:
        tuple: image (size, size, 3) float32 and mask (size, size) bool.
    """
    color = _color(rng, (0., 1.), (.1, .8), (.2, .9))
    image = np.full((size, size, 3), -1, np.float32)
    _shape(image, rng, color, center, radius)
    mask = image.min(-1) >= 0
    stripes = np.sin(np.arange(size, dtype=np.float32) * rng.uniform(.3, 1.))
    return image * (1 + .12 * stripes)[:, None, None], mask
