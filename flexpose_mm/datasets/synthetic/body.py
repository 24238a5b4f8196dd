"""Body images: shaded, patterned limbs in depth order on a background."""
from typing import Dict, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np

from .looks import Look, Style, draw_background, draw_look, draw_occluder

OCCLUDER = 100  # in part maps: the object in front; -1 is the background


class Part(NamedTuple):
    """One drawn part: a capsule between two points, radii in metres."""
    name: str
    start: int
    end: int
    radius: Tuple[float, float]
    material: str
    bare: str  # material when sleeves and trouser legs are short


def _parts() -> Tuple[Part, ...]:
    parts = [
        Part('torso', 1, 2, (.10, .10), 'shirt', 'shirt'),
        Part('neck', 1, 19, (.055, .05), 'skin', 'skin'),
        Part('head', 19, 0, (.095, .095), 'skin', 'skin')
    ]
    for i in range(2):  # points 15.. are toes, finger tips and head centre
        arm, leg = 3 + 3 * i, 9 + 3 * i
        parts += [
            Part('upper_arm', arm, arm + 1, (.055, .045), 'shirt', 'shirt'),
            Part('forearm', arm + 1, arm + 2, (.045, .034), 'shirt', 'skin'),
            Part('hand', arm + 2, 15 + i, (.036, .032), 'skin', 'skin'),
            Part('thigh', leg, leg + 1, (.085, .062), 'trousers', 'trousers'),
            Part('shin', leg + 1, leg + 2, (.06, .043), 'trousers', 'skin'),
            Part('foot', leg + 2, 17 + i, (.045, .035), 'shoes', 'shoes')
        ]
    return tuple(parts)


PARTS = _parts()
# Parts that may cover a joint without hiding it, because it is theirs.
_OWNERS = [{p
            for p, part in enumerate(PARTS) if j in (part.start, part.end)}
           for j in range(15)]
for _j in (3, 6, 9, 12):
    _OWNERS[_j].add(0)
_OWNERS[0].add(2)
_OWNERS[1].add(2)
_OWNERS[2] |= _OWNERS[9] | _OWNERS[12]  # thighs lie before a pelvis that sits


def body_points(pose: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Add finger tips, toes and the head's centre to 15 joints.

    Args:
        pose (np.ndarray): (15, 3) camera frame, metres.

    Returns:
        tuple: points (20, 3) and the trunk's forward and upward unit
        vectors (2, 3).
    """
    up = pose[1] - pose[2]
    forward = np.cross(pose[9] - pose[12], up)
    forward = forward / np.linalg.norm(forward)
    up = up / np.linalg.norm(up)
    extra = [
        pose[e] + .085 *
        (pose[e] - pose[m]) / np.linalg.norm(pose[e] - pose[m])
        for m, e in ((4, 5), (7, 8))
    ]
    for knee, ankle in ((10, 11), (13, 14)):
        shin = pose[ankle] - pose[knee]
        shin = shin / np.linalg.norm(shin)
        toe = forward - .8 * (forward @ shin) * shin
        extra.append(pose[ankle] + .17 * toe / np.linalg.norm(toe) +
                     .04 * shin)
    head = pose[1] + .62 * (pose[0] - pose[1])
    return np.concatenate([pose, extra, [head]]), np.stack([forward, up])


def _window(points: np.ndarray, margin: float, size: int):
    """Slices of a local window and its pixel grid; None when outside."""
    spread = points.tolist()  # plain floats are faster than tiny arrays
    low = [max(0, int(min(v) - margin - 1)) for v in zip(*spread)]
    high = [min(size, int(max(v) + margin + 3)) for v in zip(*spread)]
    if high[0] <= low[0] or high[1] <= low[1]:
        return None
    xs = np.arange(low[0], high[0], dtype=np.float32)
    ys = np.arange(low[1], high[1], dtype=np.float32)[:, None]
    return (slice(low[1], high[1]), slice(low[0], high[0])), xs, ys


def _pattern(kind: str, along, across, shape) -> np.ndarray:
    """Brightness factor of cloth; coordinates in periods."""
    turn = 2 * np.pi
    if kind == 'stripes':
        return 1 + .22 * np.sign(np.sin(turn * across))
    if kind == 'bands':
        return 1 + .22 * np.sign(np.sin(turn * along))
    if kind == 'checks':
        return 1 + .2 * np.sign(np.sin(turn * along) * np.sin(turn * across))
    if kind == 'noise':
        return 1 + .12 * (
            np.sin(7.1 * along + 3 * np.sin(5.3 * across)) +
            np.sin(9.7 * across + 2 * np.sin(4.1 * along)))
    return np.ones(shape, np.float32)


def _shade(look: Look, nx, ny, nz) -> np.ndarray:
    lit = nx * look.light[0] + ny * look.light[1] + nz * look.light[2]
    return look.ambient + (1.1 - look.ambient) * np.maximum(lit, 0)


def _capsule(a, b, ra, rb, xs, ys):
    """Coverage and body coordinates of a limb in a window.

    Returns:
        tuple: coverage, t (0..1 along), the limb's length in pixels, and the
        x and y parts of the surface normal; maps are (h, w).
    """
    axis = b - a
    length = max(float(np.hypot(*axis)), 1e-3)
    axis = axis / length
    px, py = xs - a[0], ys - a[1]
    t = ((px * axis[0] + py * axis[1]) / length).clip(0, 1)
    dx, dy = px - t * axis[0] * length, py - t * axis[1] * length
    radius = ra + (rb - ra) * t
    distance = np.sqrt(dx * dx + dy * dy)
    coverage = (radius + .5 - distance).clip(0, 1)
    return coverage, t, length, dx / radius, dy / radius


def _torso(points, radius, xs, ys):
    """Like ``_capsule`` for the trunk: hull of shoulders and hips."""
    corners = points[[3, 6, 12, 9]]
    origin = np.array([xs[0], ys[0, 0]], np.float32)
    hull = cv2.convexHull((corners - origin).astype(np.float32))
    mask = np.zeros((len(ys), len(xs)), np.uint8)
    cv2.fillConvexPoly(mask,
                       np.rint(hull * 16).astype(np.int32), 255, cv2.LINE_AA,
                       4)
    cv2.polylines(mask, [np.rint(hull * 16).astype(np.int32)], True, 255,
                  max(1, int(round(2 * radius))), cv2.LINE_AA, 4)
    axis = points[2] - points[1]
    length = max(float(np.hypot(*axis)), 1e-3)
    axis = axis / length
    px, py = xs - points[1][0], ys - points[1][1]
    t = np.clip((px * axis[0] + py * axis[1]) / length, 0, 1)
    across = px * -axis[1] + py * axis[0]
    half = [
        np.abs((points[i] - points[j]) @ np.array([-axis[1], axis[0]])) / 2
        for i, j in ((3, 6), (9, 12))
    ]
    u = np.clip(across / (half[0] + (half[1] - half[0]) * t + radius), -1, 1)
    return (mask.astype(np.float32) / 255, t, length, -axis[1] * u,
            axis[0] * u)


def _head_color(look: Look, frame: np.ndarray, nx, ny, nz) -> np.ndarray:
    """Face in front, hair behind and on top: tells which way it looks."""
    front = nx * frame[0, 0] + ny * frame[0, 1] + nz * frame[0, 2]
    top = nx * frame[1, 0] + ny * frame[1, 1] + nz * frame[1, 2]
    face = ((front > .05) & (top < .6))[..., None]
    return np.where(face, look.colors['skin'], look.colors['hair'])


def _paint(image, parts, p: int, points, scale, look: Look, frame) -> None:
    """Draw part ``p`` over the image and note it in the part map."""
    part = PARTS[p]
    a, b = points[part.start], points[part.end]
    ra, rb = (r * look.girth * scale for r in part.radius)
    if part.name == 'head':
        b = a + .25 * (b - a)
    corners = points[[3, 6, 9, 12]] if part.name == 'torso' else np.stack(
        [a, b])
    found = _window(corners, max(ra, rb), len(image))
    if found is None:
        return
    where, xs, ys = found
    if part.name == 'torso':
        cover, t, length, nx, ny = _torso(points, .6 * ra, xs, ys)
    else:
        cover, t, length, nx, ny = _capsule(a, b, ra, rb, xs, ys)
    nz = -np.sqrt(np.maximum(1 - nx * nx - ny * ny, 0))
    material = part.material if look.sleeves else part.bare
    color = look.colors[material]
    if part.name == 'head':
        color = _head_color(look, frame, nx, ny, nz)
    shade = _shade(look, nx, ny, nz)
    if material in ('shirt', 'trousers'):
        period = look.period * scale
        across = (nx + ny) * ra / period
        shade = shade * _pattern(look.pattern, t * length / period, across,
                                 cover.shape)
    patch = image[where]
    patch += cover[..., None] * (color * shade[..., None] - patch)
    parts[where][cover > .5] = p


def _draw_order(points: np.ndarray) -> List[int]:
    """Parts from far to near by the depth of their middle."""
    depth = [(points[p.start, 2] + points[p.end, 2]) / 2 for p in PARTS]
    return sorted(range(len(PARTS)), key=lambda p: -depth[p])


def _hidden(keypoints: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Which joints lie under a part that is not theirs; (15,) bool."""
    at = np.rint(keypoints).astype(int).clip(0, len(parts) - 1)
    return np.array([
        parts[y, x] >= 0 and parts[y, x] not in _OWNERS[j]
        for j, (x, y) in enumerate(at)
    ])


def render_body(keypoints_3d: np.ndarray,
                f: np.ndarray,
                c: np.ndarray,
                size: int,
                style: Style,
                rng: np.random.Generator,
                look: Optional[Look] = None) -> Dict[str, np.ndarray]:
    """Draw one person.

    Args:
        keypoints_3d (np.ndarray): (15, 3) BODY15 joints, camera frame, m.
        f (np.ndarray): (2,) focal lengths in pixels of this image.
        c (np.ndarray): (2,) principal point in pixels.
        size (int): Side of the image in pixels.
        style (Style): Looks of the domain.
        rng (np.random.Generator): Source of all random choices.
        look (Look, optional): The person; drawn from the style by default.

    Returns:
        dict: img (size, size, 3) uint8 RGB; occluded (15,) bool, joints
        hidden by another part or by an object; parts (size, size) int8, the
        index into ``PARTS`` that one sees at each pixel, -1 for background
        and ``OCCLUDER`` for the object.
    """
    look = look or draw_look(style, rng)
    image = draw_background(size, style, rng)
    parts = np.full((size, size), -1, np.int8)
    points, frame = body_points(np.asarray(keypoints_3d, np.float64))
    pixels = (points[:, :2] / points[:, 2:] * f + c).astype(np.float32)
    scale = float(f[0] / points[2, 2])  # pixels per metre at the pelvis
    for p in _draw_order(points):
        _paint(image, parts, p, pixels, scale, look, frame)
    if rng.random() < style.occluder:
        extent = np.ptp(pixels, 0).max()
        thing, mask = draw_occluder(size, style, pixels[rng.integers(15)],
                                    extent * rng.uniform(.08, .2), rng)
        image[mask], parts[mask] = thing[mask], OCCLUDER
    grain = rng.standard_normal((size, size, 1), np.float32)
    image += style.noise * grain
    return dict(
        img=np.rint(image).clip(0, 255).astype(np.uint8),
        occluded=_hidden(pixels[:15], parts),
        parts=parts)
