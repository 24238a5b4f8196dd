"""2D keypoint sequences from MMPose's predictions, COCO JSON and npz."""
import functools
import json
import os
import os.path as osp
import re
import zipfile
from typing import Dict, List, NamedTuple, Optional, Union

import numpy as np

from ..errors import UserError
from ..skeletons import Skeleton
from .sequence import NO_SCORE, Sequence2D, from_array

#: MMPose's metainfo of each order, by which files that name their joints
#: are recognised.
_METAINFO = dict(
    h36m17='h36m', coco17='coco', mpii16='mpii', **{'3dhp17': 'mpi_inf_3dhp'})


@functools.lru_cache(maxsize=None)
def _joint_names() -> Dict[tuple, str]:
    """Joint names in MMPose's metainfo -> the order that has them."""
    return {
        Skeleton.from_metainfo(
            dict(from_file=f'configs/_base_/datasets/{file}.py')).joints: order
        for order, file in _METAINFO.items()
    }


def _stem(path: str) -> str:
    return osp.splitext(osp.basename(osp.normpath(path)))[0]


class Person(NamedTuple):
    """One detection: keypoints (J, 2), scores (J,), track or None."""
    keypoints: np.ndarray
    scores: np.ndarray
    track: Optional[int] = None


def _person(row: dict, where: str) -> Person:
    """A detection of MMPose's predictions or of COCO's annotations."""
    points = np.asarray(row['keypoints'], np.float64)
    scores = row.get('keypoint_scores')
    if points.ndim == 1:
        points = points.reshape(-1, 3)
        if scores is None:
            scores = points[:, 2] > 0
        else:
            scores = np.where(points[:, 2] > 0, scores, 0)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError(f'keypoints of shape {points.shape}')
    scores = np.full(len(points), NO_SCORE) if scores is None else scores
    scores = np.asarray(scores, np.float64)
    if scores.shape != points.shape[:1]:
        raise UserError(where, 'keypoint_scores', scores.shape,
                        f'there are {len(points)} keypoints; give one score '
                        'for each')
    return Person(points[:, :2], scores, row.get('track_id'))


def choose_person(frames: List[List[Person]], person: Union[str, int],
                  where: str) -> List[Optional[Person]]:
    """One person, or None, for each frame.

    Args:
        frames (list[list[Person]]): All detections of each frame.
        person (str | int): 'only': refuse a frame with several; 'follow':
            begin with the most confident one, then the nearest in each
            frame; a number: the ``track_id``.
        where (str): File, for the message.

    Raises:
        UserError: Several persons with 'only'; no such track.
    """
    if isinstance(person, int):
        found = [
            next((p for p in frame if p.track == person), None)
            for frame in frames
        ]
        if not any(found):
            tracks = {p.track for frame in frames for p in frame}
            raise UserError(where, 'person', person,
                            f'no such track_id; the file has {tracks}')
        return found
    if person == 'only':
        for i, frame in enumerate(frames):
            if len(frame) > 1:
                raise UserError(
                    where, f'persons in frame {i}', len(frame),
                    "give person='follow' (--person follow) to follow the "
                    'most confident one, or a track_id')
        return [frame[0] if frame else None for frame in frames]
    if person != 'follow':
        raise UserError(where, 'person', person,
                        "choose 'only', 'follow' or a track_id")
    chosen, last = [], None
    for frame in frames:
        if frame and last is None:
            last = max(frame, key=lambda p: p.scores.mean())
        elif frame:
            last = min(frame, key=lambda p: _distance(p, last))
        chosen.append(last if frame else None)
    return chosen


def _distance(one: Person, other: Person) -> float:
    """Median distance of the joints that both have, pixels."""
    both = (one.scores > 0) & (other.scores > 0)
    gap = np.linalg.norm(one.keypoints - other.keypoints, axis=-1)
    return float(np.median(gap[both])) if both.any() else np.inf


def _assemble(name: str, persons: List[Optional[Person]], frames,
              where: str, **more) -> Sequence2D:
    """Arrays from persons; a frame without one is NaN with score 0."""
    counts = {len(p.keypoints) for p in persons if p is not None}
    if len(counts) != 1:
        raise UserError(where, 'numbers of joints', sorted(counts),
                        'give a person in at least one frame, with the same '
                        'joints in all')
    count = counts.pop()
    none = Person(np.full((count, 2), np.nan), np.zeros(count))
    persons = [p or none for p in persons]
    return Sequence2D(name, np.stack([p.keypoints for p in persons]),
                      np.stack([p.scores for p in persons]),
                      np.asarray(frames), **more)


def _read_predictions(data, path: str, person) -> List[Sequence2D]:
    """MMPose's predictions of a video.

    A list of ``dict(frame_id, instances)`` as the inferencers write it, or
    ``dict(meta_info, instance_info)`` as the demo scripts do.
    """
    meta = {}
    if isinstance(data, dict):
        meta, data = data.get('meta_info') or {}, data['instance_info']
    frames = [[_person(row, path) for row in frame['instances']]
              for frame in data]
    names = meta.get('keypoint_id2name') or {}
    order = _joint_names().get(
        tuple(names[key] for key in sorted(names, key=int)))
    return [
        _assemble(
            _stem(path), choose_person(frames, person, path),
            [frame['frame_id'] for frame in data], path, joints=order)
    ]


def _read_coco(data: dict, path: str, person) -> List[Sequence2D]:
    """Annotations of videos: images with ``video_id`` and ``frame_id``, or
    all images as one sequence in the order of their ids."""
    category = (data.get('categories') or [{}])[0]
    order = _joint_names().get(tuple(category.get('keypoints') or ()))
    persons: Dict[int, List[Person]] = {}
    for row in data['annotations']:
        if row.get('keypoints') and not row.get('iscrowd'):
            persons.setdefault(row['image_id'], []).append(_person(row, path))
    names = {v['id']: _stem(str(v.get('name') or v['id']))
             for v in data.get('videos') or ()}
    videos: Dict[object, list] = {}
    for image in data['images']:
        videos.setdefault(image.get('video_id'), []).append(image)
    found = []
    for video, images in videos.items():
        images.sort(key=lambda image: image.get('frame_id', image['id']))
        sizes = {(i['width'], i['height']) for i in images if 'width' in i}
        if len(sizes) > 1:
            raise UserError(path, 'image sizes', sorted(sizes),
                            'the frames of a sequence must have one size; '
                            'give video_id to images, or one file each')
        name = _stem(path)
        if video is not None:
            name += f'_{names.get(video, video)}'
        rows = choose_person([persons.get(i['id'], []) for i in images],
                             person, path)
        found.append(
            _assemble(
                name, rows,
                [i.get('frame_id', i['id']) for i in images], path,
                image_size=sizes.pop() if sizes else None, joints=order))
    return found


def _read_npz(path: str) -> List[Sequence2D]:
    """``keypoints`` (F, J, 2 or 3), and if there are any ``scores`` (F, J),
    ``frames``, ``image_size``, ``camera`` (4 or 9), ``joints``."""
    with np.load(path, allow_pickle=False) as file:
        data = {key: file[key] for key in file.files}
    if 'keypoints' not in data:
        raise UserError(path, 'arrays', sorted(data),
                        "needs an array 'keypoints' (F, J, 2) in pixels")
    points = data['keypoints']
    if points.ndim != 3 or points.shape[-1] not in (2, 3) or \
            points.dtype.kind not in 'fiu':
        raise UserError(path, 'keypoints.shape', points.shape,
                        'give numbers of shape (F, J, 2), or (F, J, 3) with '
                        'the confidence as third')
    points = points.astype(np.float64)
    scores = data.get('scores')
    if scores is None:
        scores = points[..., 2] if points.shape[-1] == 3 \
            else np.full(points.shape[:2], NO_SCORE)
    plain = {
        key: tuple(data[key].ravel().tolist())
        for key in ('image_size', 'camera') if key in data
    }
    return [
        from_array(
            points[..., :2], scores, name=_stem(path), where=path,
            frames=data.get('frames'),
            joints=str(data['joints']) if 'joints' in data else None, **plain)
    ]


def _number_in(name: str) -> list:
    """Sort key: 'frame_10' after 'frame_9'."""
    return [int(part) if part.isdigit() else part
            for part in re.split(r'(\d+)', name)]


def _read_folder(path: str, person) -> List[Sequence2D]:
    """A folder of one JSON per image, as MMPose's inferencer writes it."""
    names = sorted((n for n in os.listdir(path) if n.endswith('.json')),
                   key=_number_in)
    if not names:
        raise UserError(path, 'files', [], 'there is no .json in the folder')
    frames = []
    for name in names:
        with open(osp.join(path, name), encoding='utf-8') as file:
            frames.append([_person(row, name) for row in json.load(file)])
    return [
        _assemble(
            _stem(path), choose_person(frames, person, path),
            range(len(frames)), path)
    ]


def read_sequences(path: str,
                   person: Union[str, int] = 'only') -> List[Sequence2D]:
    """Sequences of a file, or of a folder of MMPose's predictions.

    Args:
        path (str): .json of MMPose's inferencer or demos for a video, COCO
            keypoint .json, .npz, or a folder of .json, one for each image.
        person (str | int): See :func:`choose_person`.

    Returns:
        list[Sequence2D]: In the file's joints.

    Raises:
        UserError: Not such a file.
    """
    if not osp.exists(path):
        raise UserError('lift', 'path', path,
                        'no such file or folder; correct the path')
    try:
        if osp.isdir(path):
            return _read_folder(path, person)
        if path.endswith('.npz'):
            return _read_npz(path)
        with open(path, encoding='utf-8') as file:
            data = json.load(file)
        coco = isinstance(data, dict) and 'annotations' in data
        return (_read_coco if coco else _read_predictions)(data, path, person)
    except UserError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, EOFError,
            OSError, zipfile.BadZipFile) as error:
        raise UserError(
            path, 'content', f'{type(error).__name__}: {error}',
            "give MMPose's predictions of a video (.json), COCO keypoint "
            "JSON, an .npz with 'keypoints', or a folder of predictions, "
            'one .json for each image') from None
