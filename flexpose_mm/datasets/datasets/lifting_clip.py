"""Clips of F frames for lifters: 2D in, root-relative 3D out."""
import copy
from typing import Optional, Sequence

import numpy as np
from mmengine.dataset import force_full_init
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS

from ...errors import UserError
from ...joint_orders import gather_index
from .array_dataset import ArrayDataset
from .lifting_checks import check_videos
from .lifting_videos import Videos, camera_vectors, read_videos

NORM_SIZES = ('width', 'longer')
_SHARED_META = ('flip_indices', 'dataset_name', 'num_keypoints')


def clip_starts(length: int, seq_len: int, stride: int,
                test_mode: bool) -> np.ndarray:
    """First frames of a video's clips; they may lie outside of it.

    In training clips are centred on the video: they stick out by the same
    number of frames at both ends. In testing they begin at frame 0, and the
    last one is moved back to end with the video.

    Args:
        length (int): Frames of the video, at least 1.
        seq_len (int): F.
        stride (int): From clip to clip.
        test_mode (bool): See above.

    Returns:
        np.ndarray: (n,) int. With stride F, n = ceil(length / F).
    """
    count = 1 + -(-max(length - seq_len, 0) // stride)
    starts = stride * np.arange(count)
    if test_mode:
        starts[-1] = max(length - seq_len, 0)
        return starts
    return starts - (starts[-1] + seq_len - length) // 2


def fill_missing(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Give missing joints a place near which they may be.

    That of the nearest frame of the clip in which the joint is there; for a
    joint that is never there, the mean of the frame's others; the middle of
    the image if there is none.

    Args:
        points (np.ndarray): (F, J, 2).
        seen (np.ndarray): (F, J) bool.
    """
    points = np.where(seen[..., None], points, 0)
    time = np.arange(len(points))
    gap = np.abs(time[:, None] - time)[:, :, None] + np.where(
        seen, 0, len(points))
    points = np.take_along_axis(points, gap.argmin(1)[..., None], 0)
    never = ~seen.any(0)
    count = max(int((~never).sum()), 1)
    points[:, never] = points[:, ~never].sum(1, keepdims=True) / count
    return points


def _plain(name: str) -> str:
    """A name without the marks at which MMPose's MPJPE cuts file names."""
    return name.translate(str.maketrans('_./', '---'))


@DATASETS.register_module()
class LiftingClipDataset(ArrayDataset):
    """Clips of videos in the plain layout of ``lifting_videos``.

    Poses are given out in the order 'h36m17' (see ``joint_orders``), 2D
    normalised, 3D in metres. An item before its pipeline: keypoints (F, 17,
    2) float32; keypoint_weights (F, 17), 0 = missing (confidence 0; such
    points are then filled in from near frames); camera (9,) float32 as in
    ``models.lifting.camera``, normalised like the points; image_size (w, h)
    and norm_size (s), pixels; frames (F,), numbers in the video;
    frame_weight (F,) bool, False for frames that repeat another one of the
    same set and for invalid ones, so that each frame counts once; subject,
    action, sequence, camera_id; in testing target_img_path, F names in
    Human3.6M's manner, for MMPose's MPJPE. With 3D: lifting_target (F, 17,
    3) relative to joint 0, lifting_target_visible (F, 17), in testing 0
    where frame_weight is False. Nothing is held as a list of dicts;
    uncompressed files are memory mapped.

    Args:
        ann_file (str): The npz file.
        seq_len (int): F, frames of a clip.
        stride (int, optional): From clip to clip in training; F by default.
            Tests always take F.
        seq_step (int): Take every n-th frame of a video.
        select (dict, optional): subject, action, sequence or camera ->
            values to keep.
        with_3d (bool): False: 3D is not even read, so it cannot leak.
        with_trajectory (bool): Also give trajectory (F, 3), the true root;
            for configs named analysis_* only.
        require_all (bool): Leave out clips with a missing joint.
        pad_video_seq (bool): Repeat the edges of videos shorter than F;
            False: refuse them.
        norm_size (str): 'width', or 'longer' side of the image (portrait).
        joint_order (str, optional): Order of the file's joints; None: what
            the file says.
        pipeline (Sequence): Transforms of an item.
        test_mode (bool): See above.
        **kwargs: As ``ArrayDataset``; ``metainfo`` changes MMPose's of h36m,
            ``indices`` counts clips.

    Raises:
        UserError: Whatever in the file or the arguments cannot be used.
    """
    METAINFO: dict = dict(from_file='configs/_base_/datasets/h36m.py')
    ITEMS = 'clips'

    def __init__(self,
                 ann_file: str = '',
                 seq_len: int = 27,
                 stride: Optional[int] = None,
                 seq_step: int = 1,
                 select: Optional[dict] = None,
                 with_3d: bool = True,
                 with_trajectory: bool = False,
                 require_all: bool = False,
                 pad_video_seq: bool = True,
                 norm_size: str = 'width',
                 joint_order: Optional[str] = None,
                 pipeline: Sequence = (dict(type='PackClip'), ),
                 test_mode: bool = False,
                 **kwargs):
        name = type(self).__name__
        for field, value in dict(
                seq_len=seq_len, stride=stride or seq_len,
                seq_step=seq_step).items():
            if isinstance(value, bool) or not isinstance(value, int) or \
                    value < 1:
                raise UserError(name, field, value,
                                'give a whole number of at least 1')
        if norm_size not in NORM_SIZES:
            raise UserError(name, 'norm_size', norm_size,
                            f'choose from {NORM_SIZES}')
        if with_trajectory and not with_3d:
            raise UserError(name, 'with_trajectory', True,
                            'it is a part of the 3D; set with_3d=True')
        self.seq_len, self.seq_step = seq_len, seq_step
        self.stride = seq_len if test_mode or not stride else stride
        self.selected, self.norm_size = dict(select or {}), norm_size
        self.with_3d, self.with_trajectory = with_3d, with_trajectory
        self.require_all, self.pad_video_seq = require_all, pad_video_seq
        self.joint_order = joint_order
        super().__init__(
            ann_file, pipeline=pipeline, test_mode=test_mode, **kwargs)

    @classmethod
    def _load_metainfo(cls, metainfo: dict = None) -> dict:
        meta = copy.deepcopy(cls.METAINFO)
        meta.update(metainfo or {})
        return parse_pose_metainfo(meta)

    # -- reading ----------------------------------------------------------
    def load_videos(self) -> Videos:
        """All videos of the file, with positions only if ``with_3d``."""
        return read_videos(self.ann_file, self.with_3d, self.joint_order)

    def _read(self) -> None:
        """Read, select and check the videos, and lay out the clips."""
        videos = self.load_videos()
        videos = videos.subset(videos.matches(self.selected))
        if self.with_3d and videos.positions is None:
            raise UserError(videos.path, 'positions', None,
                            'the file has no 3D; add it, or set '
                            'with_3d=False for unlabelled poses')
        check_videos(videos)
        self._videos = videos
        self._norm_size = videos.wh.max(1) if self.norm_size == 'longer' \
            else videos.wh[:, 0]
        self._cameras = camera_vectors(videos, self._norm_size)
        self._gather = gather_index(videos.joint_order)
        self._lay_out()

    def _lay_out(self) -> None:
        """Tables of the clips: video, first frame, frames of the video, and
        from which frame on the next clip counts."""
        frames = -(-self._videos.length // self.seq_step)
        short = np.flatnonzero(frames < self.seq_len)
        if len(short) and not self.pad_video_seq:
            raise UserError(
                self._videos.path, 'video_length', int(frames[short[0]]),
                f'{self._videos.title(short[0])} is shorter than '
                f'seq_len={self.seq_len}; shorten seq_len, leave it out by '
                'select, or set pad_video_seq=True')
        starts = [
            clip_starts(n, self.seq_len, self.stride, self.test_mode)
            for n in frames.tolist()
        ]
        counts = [len(s) for s in starts]
        first = np.concatenate(starts)
        self._clip_start = first
        self._clip_video = np.repeat(np.arange(len(frames)), counts)
        # a frame belongs to the last clip that holds it
        end = np.append(first[1:], 0)
        last = np.cumsum(counts) - 1
        end[last] = frames
        self._clip_end = end
        self._frames = frames
        if self.require_all:
            self._keep_whole()

    def _keep_whole(self) -> None:
        whole = np.array([
            bool((self._weights(self._rows(i)[1]) > 0).all())
            for i in range(len(self._clip_start))
        ])
        if not whole.any():
            raise UserError(self._videos.path, 'require_all', True,
                            f'each of the {len(whole)} clips lacks a joint; '
                            'set require_all=False or mend keypoint_scores')
        self._select(np.flatnonzero(whole))

    def _select(self, rows: np.ndarray) -> None:
        for name in ('_clip_start', '_clip_video', '_clip_end'):
            setattr(self, name, getattr(self, name)[rows])

    @property
    def videos(self) -> Videos:
        """The videos of which the clips are."""
        self.full_init()
        return self._videos

    @force_full_init
    def __len__(self) -> int:
        return len(self._clip_start)

    # -- items ------------------------------------------------------------
    def _rows(self, idx: int):
        """Frames (F,) of a clip in its video, rows in the arrays, and which
        of them count."""
        video = self._clip_video[idx]
        wanted = self._clip_start[idx] + np.arange(self.seq_len)
        frames = wanted.clip(0, self._frames[video] - 1)
        counts = (frames == wanted) & (wanted < self._clip_end[idx])
        rows = self._videos.start[video] + self.seq_step * frames
        if self._videos.valid is not None:
            counts &= np.asarray(self._videos.valid[rows], bool)
        return frames * self.seq_step, rows, counts

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        if self._videos.scores is None:
            return np.ones((len(rows), len(self._gather)), np.float32)
        scores = self._videos.scores[rows][:, self._gather]
        return (scores > 0).astype(np.float32)

    def _keypoints(self, video: int, rows: np.ndarray,
                   weights: np.ndarray) -> np.ndarray:
        # models import datasets
        from ...models.lifting.camera import normalize_screen
        points = self._videos.keypoints[rows][:, self._gather].astype(
            np.float64)
        if not weights.all():
            points = fill_missing(np.nan_to_num(points), weights > 0)
        return normalize_screen(points, *self._videos.wh[video],
                                self._norm_size[video]).astype(np.float32)

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """One clip: see the class."""
        idx = range(len(self))[idx]
        video = int(self._clip_video[idx])
        frames, rows, counts = self._rows(idx)
        v, weights = self._videos, self._weights(rows)
        names = [str(getattr(v, n)[video]) for n in ('subject', 'action')]
        info = dict(
            id=idx,
            img_id=idx,
            sample_idx=idx,
            category_id=1,
            keypoints=self._keypoints(video, rows, weights),
            keypoint_weights=weights,
            camera=self._cameras[video].copy(),
            image_size=tuple(v.wh[video].tolist()),
            norm_size=float(self._norm_size[video]),
            joint_order='h36m17',
            root_index=0,
            subject=names[0],
            action=names[1],
            sequence=str(v.sequence[video]),
            camera_id=str(v.camera[video]),
            frames=frames,
            frame_weight=counts)
        if self.test_mode:
            stem = '_'.join(map(_plain, names)) + f'.{v.camera[video]}'
            info['target_img_path'] = [
                f'{stem}_{f + 1:06d}.jpg' for f in frames
            ]
        for key in _SHARED_META:
            info[key] = self._metainfo[key]
        if self.with_3d:
            info.update(self._target(rows, counts))
        return info

    def _target(self, rows: np.ndarray, counts: np.ndarray) -> dict:
        positions = self._videos.positions[rows][:, self._gather].astype(
            np.float32)
        visible = np.ones(positions.shape[:2], np.float32)
        if self.test_mode:
            visible *= counts[:, None]
        found = dict(
            lifting_target=positions - positions[:, :1],
            lifting_target_visible=visible)
        if self.with_trajectory:
            found['trajectory'] = positions[:, 0].copy()
        return found
