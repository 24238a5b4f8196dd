"""2D keypoints of a video to 3D poses, by a trained lifter."""
from typing import List, NamedTuple, Optional, Sequence, Union

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch import nn
from tqdm import tqdm

from ..annotation import init_detector
from ..datasets.datasets.lifting_clip import LiftingClipDataset
from ..datasets.datasets.lifting_videos import Videos, make_videos
from ..errors import UserError
from ..loading import name_of
from ..models.lifting.camera import normalize_screen
from ..models.lifting.root import solve_root
from .readers import read_sequences
from .sequence import (Sequence2D, check_scale, fill_missing, from_array,
                       to_h36m)

_WHERE = 'lift'


class LiftOptions(NamedTuple):
    """How keypoints are read and lifted.

    Attributes:
        image_size (tuple | None): (width, height) in pixels; None: the
            file's own.
        camera (tuple | None): Pixel intrinsics (fx, fy, cx, cy), for a lens
            with (k1, k2, k3, p1, p2) behind them, see
            ``models.lifting.camera``; None: the file's own, or none.
        joints (str | None): Key of ``sequence.INPUT_ORDERS``; None:
            what the file says.
        person (str | int): See ``readers.choose_person``.
        missing (str): See ``sequence.fill_missing``.
        short (str): A sequence shorter than the lifter's clips: 'refuse',
            or 'repeat' its last frame.
        min_score (float): Keypoints of this confidence or less are missing.
        batch_size (int): Clips at a time.
    """
    image_size: Optional[tuple] = None
    camera: Optional[tuple] = None
    joints: Optional[str] = None
    person: Union[str, int] = 'only'
    missing: str = 'refuse'
    short: str = 'refuse'
    min_score: float = 0.
    batch_size: int = 8


class LiftedSequence(NamedTuple):
    """3D poses of one person over time.

    Attributes:
        name (str): Of the sequence.
        keypoints (np.ndarray): (F, 17, 3) float32 metres relative to joint
            0, Human3.6M's order; camera axes x right, y down, z forward.
        scores (np.ndarray): (F, 17) float32, confidence of the 2D points; 0
            where a point was filled.
        frames (np.ndarray): (F,) numbers of the frames in the source.
        root (np.ndarray | None): (F, 3) float32 metres, joint 0 in the
            camera frame by least squares; None without a camera.
        pixels (np.ndarray): (F, 17, 2) float32, what was lifted.
    """
    name: str
    keypoints: np.ndarray
    scores: np.ndarray
    frames: np.ndarray
    root: Optional[np.ndarray]
    pixels: np.ndarray


def init_lifter(config: Union[str, Config],
                checkpoint: Optional[str] = None,
                device: str = 'cpu',
                cfg_options: Optional[dict] = None) -> nn.Module:
    """Build a ``PoSynDALifter`` for use, with its weights checked.

    Args:
        config (str | Config): Its config.
        checkpoint (str, optional): A checkpoint of tools/train.py.
        device (str): Such as ``'cuda:0'``.
        cfg_options (dict, optional): Changes, as ``--cfg-options``.

    Returns:
        nn.Module: In evaluation mode; ``.cfg`` is the config.

    Raises:
        UserError: The config or the checkpoint cannot be used.
    """
    model = init_detector(config, checkpoint, device, cfg_options)
    if 'seq_len' not in test_node(model):
        raise UserError(name_of(model.cfg),
                        'test_dataloader.dataset', test_node(model),
                        'is no set of clips; give a config of PoSynDALifter')
    return model


def test_node(model: nn.Module) -> dict:
    """Config of the data set on which the lifter is tested."""
    node = model.cfg.test_dataloader.dataset
    while 'seq_len' not in node and 'dataset' in node:
        node = node['dataset']
    return node


def prepare(sequence: Sequence2D, options: LiftOptions,
            model: nn.Module) -> Sequence2D:
    """Check a sequence and bring it to what the lifter reads.

    Raises:
        UserError: Anything that cannot be lifted.
    """
    where = sequence.name
    size = options.image_size or sequence.image_size
    camera = options.camera or sequence.camera
    given = sequence
    sequence = to_h36m(sequence, options.joints, options.min_score)
    check_scale(
        np.nan_to_num(given.keypoints), np.isfinite(
            given.keypoints).all(-1) * np.nan_to_num(given.scores), size,
        where)
    sequence = fill_missing(sequence, options.missing)
    check_aggregation(model, camera, where)
    if camera is not None:
        check_camera(camera, size, where)
    length, clip = len(sequence.keypoints), test_node(model)['seq_len']
    if options.short not in ('refuse', 'repeat'):
        raise UserError(where, 'short', options.short,
                        "choose 'refuse' or 'repeat'")
    if length < clip and options.short == 'refuse':
        raise UserError(where, 'frames', length,
                        f'the lifter reads {clip} at a time; give more, or '
                        "short='repeat' (--short repeat) to repeat the last")
    sequence = sequence._replace(
        image_size=tuple(size),
        camera=None if camera is None else tuple(camera))
    SequenceClips(sequence, test_node(model))  # its checks, before all work
    return sequence


def check_aggregation(model: nn.Module, camera, where: str) -> None:
    """Refuse a way of choosing hypotheses for which something is missing.

    Raises:
        UserError: It needs a camera, or the 3D truth.
    """
    test = model.test_cfg
    how = test['aggregation'] if test['hypotheses'] > 1 else 'mean'
    if how == 'j_agg' and camera is None:
        raise UserError(where, 'camera', None,
                        "test_cfg.aggregation='j_agg' chooses hypotheses by "
                        'their projection; give --camera FX FY CX CY, or '
                        "--cfg-options model.test_cfg.aggregation=mean")
    if how not in ('j_agg', 'mean'):
        raise UserError(where, 'test_cfg.aggregation', how,
                        "it reads the 3D truth; choose 'mean' or 'j_agg'")


def check_camera(camera: Sequence[float], size, where: str) -> None:
    """Refuse intrinsics that are no camera of this image.

    Raises:
        UserError: Naming what they are instead.
    """
    camera = tuple(camera)
    if len(camera) not in (4, 9) or not np.isfinite(camera).all():
        raise UserError(where, 'camera', camera,
                        'give 4 pixel numbers fx fy cx cy, or 9 with k1 k2 '
                        'k3 p1 p2')
    (fx, fy, cx, cy), (width, height) = camera[:4], size
    if min(fx, fy) <= 0.1 * max(size) or not (
            -width < cx < 2 * width and -height < cy < 2 * height):
        raise UserError(
            where, 'camera', camera[:4],
            f'is no camera of a {width:g}x{height:g} image: give focal '
            'length and centre in its pixels')


class SequenceClips(LiftingClipDataset):
    """Clips of one sequence, packed as those that the lifter was tested on.

    Args:
        sequence (Sequence2D): From :func:`prepare`.
        node (dict): Config of the lifter's test data set, of which
            ``seq_len`` and ``norm_size`` are taken.
    """

    def __init__(self, sequence: Sequence2D, node: dict):
        self.sequence = sequence
        kept = {key: node[key] for key in ('seq_len', 'norm_size')
                if key in node}
        super().__init__(with_3d=False, test_mode=True, **kept)

    def load_videos(self) -> Videos:
        """The sequence as the only video; filled joints count as seen."""
        seq = self.sequence
        camera = (*(seq.camera or (0., 0., 0., 0.)), *[0.] * 5)[:9]
        return make_videos(
            seq.name, seq.keypoints, np.array([len(seq.keypoints)]),
            dict(f=camera[:2], c=camera[2:4], k=camera[4:7], p=camera[7:],
                 wh=seq.image_size),
            dict(sequence=[seq.name]))

    def own_frames(self, idx: int) -> tuple:
        """Frames (n,) of the sequence that a clip decides on, and which of
        its F those are (F,) bool."""
        frames, _, counts = self._rows(idx)
        return frames[counts], counts

    def get_data_info(self, idx: int) -> dict:
        """One clip; without ``camera`` if none is known."""
        info = super().get_data_info(idx)
        if self.sequence.camera is None:
            del info['camera']
        return info


@torch.no_grad()
def lift_prepared(model: nn.Module, sequence: Sequence2D, batch_size: int,
                  bar: Optional[tqdm] = None) -> LiftedSequence:
    """Lift a checked sequence clip by clip.

    Frames in which two clips overlap are those of the last one.
    """
    clips = SequenceClips(sequence, test_node(model))
    length = len(sequence.keypoints)
    poses = np.zeros((length, 17, 3), np.float32)
    for first in range(0, len(clips), batch_size):
        batch = range(first, min(first + batch_size, len(clips)))
        for i, sample in zip(
                batch,
                model.test_step(pseudo_collate([clips[i] for i in batch]))):
            frames, counts = clips.own_frames(i)
            found = torch.as_tensor(sample.pred_instances.keypoints).cpu()
            poses[frames] = np.asarray(found)[counts]
        if bar is not None:
            bar.update(len(batch))
    root = None if sequence.camera is None else place(sequence, poses, clips)
    return LiftedSequence(sequence.name, poses,
                          sequence.scores.astype(np.float32), sequence.frames,
                          root, sequence.keypoints.astype(np.float32))


def place(sequence: Sequence2D, poses: np.ndarray,
          clips: SequenceClips) -> np.ndarray:
    """(F, 3) roots in the camera frame, metres.

    Filled joints hardly count; they hold frames in which none was seen.
    """
    info = clips.get_data_info(0)
    points = normalize_screen(sequence.keypoints, *info['image_size'],
                              info['norm_size'])
    return solve_root(
        torch.from_numpy(poses), torch.from_numpy(points).float(),
        torch.from_numpy(info['camera']),
        torch.from_numpy(np.where(sequence.scores > 0, 1., .01)).float()
    ).numpy()


def lift(model: Union[nn.Module, str, Config],
         source: Union[str, np.ndarray, Sequence2D],
         scores: Optional[np.ndarray] = None,
         checkpoint: Optional[str] = None,
         **options) -> List[LiftedSequence]:
    """Lift 2D keypoints to 3D poses.

    Args:
        model (nn.Module | str | Config): From :func:`init_lifter`, or its
            config.
        source (str | np.ndarray | Sequence2D): A file or folder that
            ``readers.read_sequences`` reads, or keypoints (F, J, 2)
            in pixels, x right, y down.
        scores (np.ndarray, optional): (F, J) confidence, beside an array.
        checkpoint (str, optional): With a config: its weights.
        **options: Fields of :class:`LiftOptions`.

    Returns:
        list[LiftedSequence]: One for each sequence of the source; one for
        an array.

    Raises:
        UserError: Keypoints, config or options cannot be used.

    Example:
        >>> lifted, = lift(model, pixels, joints='coco17',
        ...                image_size=(1920, 1080))
        >>> lifted.keypoints.shape
        (300, 17, 3)
    """
    options = check_options(options)
    unread = dict(
        checkpoint=checkpoint if isinstance(model, nn.Module) else None,
        scores=scores if isinstance(source, (str, Sequence2D)) else None)
    for name, value in unread.items():
        if value is not None:
            raise UserError(_WHERE, name, type(value).__name__,
                            'would not be read: the checkpoint goes with a '
                            'config, scores with an array')
    if not isinstance(model, nn.Module):
        model = init_lifter(model, checkpoint)
    if isinstance(source, str):
        sequences = read_sequences(source, options.person)
    elif isinstance(source, Sequence2D):
        sequences = [source]
    else:
        sequences = [from_array(source, scores)]
    ready = [prepare(sequence, options, model) for sequence in sequences]
    return [lift_prepared(model, s, options.batch_size) for s in ready]


def check_options(options: dict) -> LiftOptions:
    unknown = set(options) - set(LiftOptions._fields)
    if unknown:
        raise UserError(_WHERE, 'options', sorted(unknown),
                        f'choose from {LiftOptions._fields}')
    options = LiftOptions(**options)
    if not isinstance(options.batch_size, int) or options.batch_size < 1:
        raise UserError(_WHERE, 'batch_size', options.batch_size,
                        'give a whole number of at least 1')
    return options
