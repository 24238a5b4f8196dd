"""Batches of clips: what a lifter reads from inputs and data samples."""
from typing import List, NamedTuple, Optional

import numpy as np
import torch
from mmengine.model import BaseDataPreprocessor
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import Tensor

from flexpose_mm.errors import UserError

#: Beyond these, coordinates are in another unit than the model's.
MAX_NORMALISED, MAX_METRES = 20., 10.


class ClipBatch(NamedTuple):
    """Clips of F frames.

    Attributes:
        keypoints (Tensor): (B, F, J, 2) normalised.
        weights (Tensor): (B, F, J), 0 = keypoint missing.
        poses (Tensor | None): (B, F, J, 3) metres relative to joint 0.
        visible (Tensor | None): (B, F, J) weights of ``poses``.
        camera (Tensor | None): (B, 9), see ``camera``.
        trajectory (Tensor | None): (B, F, 3) true root, for analysis only.
    """
    keypoints: Tensor
    weights: Tensor
    poses: Optional[Tensor] = None
    visible: Optional[Tensor] = None
    camera: Optional[Tensor] = None
    trajectory: Optional[Tensor] = None


def _stack(samples: List[PoseDataSample], name: str,
           like: Tensor) -> Optional[Tensor]:
    """A field of ``gt_instance_labels`` of all samples; None if absent."""
    rows = [s.get('gt_instance_labels', {}).get(name) for s in samples]
    if not rows or any(row is None for row in rows):
        return None
    return torch.stack([torch.as_tensor(row) for row in rows]).to(like)


def read_cameras(samples: List[PoseDataSample],
                 like: Tensor) -> Optional[Tensor]:
    """(B, 9) from the metainfo; None if a sample has no camera."""
    rows = [s.metainfo.get('camera') for s in samples]
    if not rows or any(row is None for row in rows):
        return None
    return torch.from_numpy(np.stack(rows)).to(like)


def need_camera(camera: Optional[Tensor], purpose: str) -> Tensor:
    """The camera, or a UserError that says what it is needed for."""
    if camera is None:
        raise UserError(
            'PoSynDALifter', 'camera', None,
            f'{purpose} projects 3D poses; give intrinsics with the data')
    return camera


def check_keypoints(keypoints: Tensor, frames: int, joints: int) -> None:
    """Refuse inputs that the network was not made for.

    Raises:
        UserError: Naming shape or value.
    """
    if keypoints.dim() != 4 or keypoints.shape[1:] != (frames, joints, 2):
        raise UserError(
            'PoSynDALifter', 'inputs', tuple(keypoints.shape),
            f'give clips (B, {frames}, {joints}, 2); make num_frames of the '
            'denoiser and of the data equal')
    if not keypoints.isfinite().all():
        raise UserError('PoSynDALifter', 'inputs', 'NaN or infinite',
                        'repair the 2D keypoints, or set them to 0 and '
                        'their weights to 0')
    largest = float(keypoints.abs().max())
    if largest > MAX_NORMALISED:
        raise UserError(
            'PoSynDALifter', 'inputs', round(largest, 1),
            'these look like pixels; give keypoints normalised to the image '
            '(camera.normalize_screen)')


def check_poses(poses: Tensor) -> None:
    """Refuse labels of another unit or origin.

    Raises:
        UserError: Naming the value.
    """
    largest = float(poses.abs().max())
    if not largest <= MAX_METRES:
        raise UserError(
            'PoSynDALifter', 'lifting_target', largest,
            'finite metres relative to the root are expected; these look '
            'like millimetres or absolute positions')
    if poses[..., 0, :].any():
        raise UserError(
            'PoSynDALifter', 'lifting_target[0]',
            poses[..., 0, :].abs().max().item(),
            'joint 0 is the root and has to be exactly 0; subtract it')


def read_clips(keypoints: Tensor,
               samples: Optional[List[PoseDataSample]],
               frames: int,
               joints: int,
               labelled: bool = False) -> ClipBatch:
    """Pack a batch; labels are read only where ``labelled``.

    Raises:
        UserError: Shapes, units or values that do not fit.
    """
    check_keypoints(keypoints, frames, joints)
    samples = samples or []
    weights = _stack(samples, 'keypoint_weights', keypoints)
    if weights is None:
        weights = torch.ones_like(keypoints[..., 0])
    poses = visible = None
    if labelled:
        poses = _stack(samples, 'lifting_target', keypoints)
        if poses is None:
            raise UserError(
                'PoSynDALifter', 'lifting_target', None,
                'this batch has no 3D labels; train on a dataset with '
                'with_3d=True')
        check_poses(poses)
        visible = _stack(samples, 'lifting_target_visible', keypoints)
        if visible is None:
            visible = torch.ones_like(weights)
    return ClipBatch(keypoints, weights, poses, visible,
                     read_cameras(samples, keypoints),
                     _stack(samples, 'trajectory', keypoints))


@MODELS.register_module()
class ClipPreprocessor(BaseDataPreprocessor):
    """Stacks clips; batches of ``DomainPairDataset`` keep both branches.

    A pair ``dict(source=dict(inputs, data_samples), target=...)`` becomes
    ``dict(inputs=dict(source, target), data_samples=dict(source, target))``,
    so that every model wrapper passes it on.
    """

    def forward(self, data: dict, training: bool = False) -> dict:
        """Clips (B, F, J, 2) float32 on the device, and their samples."""
        data = self.cast_data(data)
        if 'source' not in data:
            return dict(data, inputs=self.stack(data['inputs']))
        return dict(
            inputs={k: self.stack(v['inputs']) for k, v in data.items()},
            data_samples={k: v['data_samples'] for k, v in data.items()})

    @staticmethod
    def stack(clips) -> Tensor:
        """A list of (F, J, 2), or a batch, as float32.

        Raises:
            UserError: Clips of different lengths.
        """
        if not isinstance(clips, Tensor):
            shapes = {tuple(clip.shape) for clip in clips}
            if len(shapes) > 1:
                raise UserError('ClipPreprocessor', 'inputs', sorted(shapes),
                                'give all clips of a batch one length')
            clips = torch.stack(list(clips))
        return clips.float()
