"""Mistakes that would train a lifter on nonsense, told before it starts.

A wrong joint order, a wrong unit and a camera that is not the one of the
points all give finite numbers; the lengths of bones and the projection tell
them apart. Left and right exchanged cannot be seen this way.
"""
from typing import Optional

import numpy as np
import torch

from ...errors import UserError
from ...joint_orders import H36M_PARENTS, JOINT_ORDERS, gather_index
from .lifting_videos import Videos, camera_vectors, sample_rows

_FRAMES = 8  # looked at in each video
_BLOCK = 65536
#: Metres of an adult's femur, tibia, upper arm and forearm.
_LIMBS = {2: .45, 3: .43, 5: .45, 6: .43, 12: .28, 13: .24, 15: .28, 16: .24}
_LIMB_RANGE = (.5, 1.7)  # times those: a child's to a tall person's
_ASYMMETRY = 1.5
#: Other unit -> metres, with the range of limb lengths over usual ones.
_UNITS = dict(millimetres=1000., centimetres=100.)
#: Normalised; 5 % of the image width. Detectors miss by about 1 %.
_MAX_REPROJECTION = .1
_MIN_EXTENT = .005  # of the longer side of the image
# trees of orders that points may turn out to have
_COCO_EDGES = ((0, 1), (0, 2), (1, 3), (2, 4), (0, 5), (0, 6), (5, 7), (7, 9),
               (6, 8), (8, 10), (5, 11), (6, 12), (11, 13), (13, 15),
               (12, 14), (14, 16))


def _edges(order: str) -> np.ndarray:
    """(16, 2) bones of a 17-joint order."""
    if order == 'coco17':
        return np.array(_COCO_EDGES)
    index = gather_index(order)
    return np.array([(index[p], index[j])
                     for j, p in enumerate(H36M_PARENTS) if p >= 0])


def bone_lengths(points: np.ndarray, order: str = 'h36m17') -> np.ndarray:
    """(..., 17, D) to (..., 16) lengths, in the order of joints 1 to 16."""
    a, b = _edges(order).T
    return np.linalg.norm(points[..., b, :] - points[..., a, :], axis=-1)


def likely_order(points: np.ndarray) -> str:
    """The known 17-joint order in which these bodies hang together best.

    Bones join neighbours, so the right order's tree is the shortest.

    Args:
        points (np.ndarray): (..., 17, D), any unit, D = 2 or 3.

    Returns:
        str: 'h36m17', '3dhp17' or 'coco17'; 'h36m17' unless another one is
        shorter by a tenth (over all real videos at hand the right order is
        shorter by a fifth at least).
    """
    total = {
        name: float(bone_lengths(points, name).sum(-1).mean())
        for name in ('h36m17', '3dhp17', 'coco17')
    }
    best = min(total, key=total.get)
    return best if total[best] < .9 * total['h36m17'] else 'h36m17'


def _refuse_order(videos: Videos, field: str, video: int, found: str) -> None:
    if found in JOINT_ORDERS and found != videos.joint_order:
        remedy = f'these look like {found}; set joint_order={found!r}'
    else:
        remedy = (f'these look like {found}; bring them to one of '
                  f'{sorted(JOINT_ORDERS)}')
    raise UserError(
        videos.path, field, videos.title(video),
        f'wrong joint order: read as {videos.joint_order}, the bones are '
        f'nobody\'s; {remedy}')


def check_order_2d(videos: Videos) -> None:
    """Refuse 2D points whose joints have another order than they say.

    Raises:
        UserError: Naming the first such video.
    """
    points = _sampled(videos, videos.keypoints)
    if videos.scores is not None:
        seen = _sampled(videos, videos.scores[..., None])[..., 0] > 0
        points = np.where(seen.all(2)[..., None, None], points, np.nan)
    for video in range(len(videos)):
        whole = points[video][np.isfinite(points[video]).all((1, 2))]
        if len(whole):
            found = likely_order(whole)
            if found != 'h36m17':
                _refuse_order(videos, 'keypoints_2d', video, found)


def check_pixels(videos: Videos) -> None:
    """Refuse 2D points that are no pixels, such as normalised ones.

    Raises:
        UserError: Naming the first such video.
    """
    extent = np.nanmedian(np.ptp(_sampled(videos, videos.keypoints), 2),
                          1).max(-1)
    for video in np.flatnonzero(extent < _MIN_EXTENT * videos.wh.max(1)):
        raise UserError(
            videos.path, 'keypoints_2d', videos.title(video),
            f'the person spans {extent[video]:.3g} of '
            f'{videos.wh[video].tolist()} px; give pixels, not normalised '
            'points')


def _sampled(videos: Videos, array: np.ndarray) -> np.ndarray:
    """(V, frames, 17, D) of the array, in the order 'h36m17'."""
    rows = sample_rows(videos, _FRAMES)
    return np.asarray(array[rows.ravel()], np.float64).reshape(
        *rows.shape, *array.shape[1:])[:, :, gather_index(videos.joint_order)]


def check_bodies(videos: Videos) -> None:
    """Refuse 3D positions of another unit or joint order.

    Raises:
        UserError: Naming the first such video.
    """
    points = _sampled(videos, videos.positions)
    lengths = np.median(bone_lengths(points), 1)
    share = np.stack([lengths[:, j - 1] / usual
                      for j, usual in _LIMBS.items()], 1)
    size = np.median(share, 1)
    for video in np.flatnonzero((size < .4) | (size > 2.5)):
        units = [name for name, factor in _UNITS.items()
                 if .4 < size[video] / factor < 2.5]
        unit = units[0] if units else 'no known unit of a body'
        raise UserError(
            videos.path, 'positions', videos.title(video),
            f'limbs {size[video]:.3g} times as long as an adult\'s in '
            f'metres: this is {unit}; give metres')
    uneven = np.exp(np.abs(np.log(lengths[:, [1, 2, 11, 12]] /
                                  lengths[:, [4, 5, 14, 15]])))
    wrong = ((share < _LIMB_RANGE[0]) | (share > _LIMB_RANGE[1])).any(1) | (
        uneven > _ASYMMETRY).any(1)
    for video in np.flatnonzero(wrong):
        _refuse_order(videos, 'positions', video, likely_order(points[video]))


def check_projection(videos: Videos) -> None:
    """Refuse cameras that do not take the positions to the 2D points.

    Raises:
        UserError: Naming the first such video.
    """
    # models import datasets
    from ...models.lifting.camera import normalize_screen, project
    points = _sampled(videos, videos.positions)
    seen = _sampled(videos, videos.keypoints)
    cameras = torch.from_numpy(camera_vectors(videos, videos.wh[:, 0]))
    got = project(torch.from_numpy(points).float(), cameras).numpy()
    for video, (w, h) in enumerate(videos.wh):
        want = normalize_screen(seen[video], w, h)
        error = np.nanmedian(np.linalg.norm(got[video] - want, axis=-1))
        if error > _MAX_REPROJECTION:
            raise UserError(
                videos.path, 'positions, cam_f, cam_c', videos.title(video),
                'its projection misses keypoints_2d by '
                f'{error * w / 2:.0f} px in the median; give the camera of '
                'these points, and absolute positions in its frame')


def check_finite(videos: Videos, name: str, array: np.ndarray,
                 weights: Optional[np.ndarray] = None) -> None:
    """Refuse NaN and inf, except where the confidence is 0.

    Args:
        videos (Videos): Where the array belongs.
        name (str): Its name in the file.
        array (np.ndarray): (N, K, D).
        weights (np.ndarray, optional): (N, K), 0 = missing.

    Raises:
        UserError: Naming video, frame and joint of the first one.
    """
    for video, (start, length) in enumerate(
            zip(videos.start, videos.length)):
        for first in range(start, start + length, _BLOCK):
            rows = slice(first, min(first + _BLOCK, start + length))
            bad = ~np.isfinite(array[rows]).all(-1)
            if weights is not None:
                bad &= np.asarray(weights[rows]) > 0
            if not bad.any():
                continue
            frame, joint = np.argwhere(bad)[0]
            raise UserError(
                videos.path, f'{name}[{videos.title(video)}, frame '
                f'{first - start + frame}, joint {joint}]',
                np.asarray(array[rows][frame, joint]).tolist(),
                f'{int(bad.sum())} joints here are not numbers; repair them'
                + ('' if array.shape[-1] == 3 else
                   ', or give them keypoint_scores 0'))


def check_scores(videos: Videos) -> None:
    """Refuse confidences that are no numbers, and videos without any.

    Raises:
        UserError: Naming the first such video.
    """
    for video, (start, length) in enumerate(
            zip(videos.start, videos.length)):
        scores = videos.scores[start:start + length]
        if not np.isfinite(scores).all():
            raise UserError(videos.path, 'keypoint_scores',
                            videos.title(video),
                            'they are not all numbers; give 0 to what is '
                            'missing')
        if not (scores > 0).any():
            raise UserError(videos.path, 'keypoint_scores',
                            videos.title(video),
                            'all are 0: no joint of this video is there; '
                            'leave it out or give confidences above 0')


def check_videos(videos: Videos) -> None:
    """All of the above, as far as the arrays go.

    Raises:
        UserError: The first mistake.
    """
    if videos.scores is not None:
        check_scores(videos)
    check_finite(videos, 'keypoints_2d', videos.keypoints, videos.scores)
    check_pixels(videos)
    check_order_2d(videos)
    if videos.positions is not None:
        check_finite(videos, 'positions', videos.positions)
        check_bodies(videos)
        check_projection(videos)
