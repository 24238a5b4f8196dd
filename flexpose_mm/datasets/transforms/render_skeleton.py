"""alpha in a pipeline."""
from typing import Optional

import numpy as np
from mmcv.transforms import BaseTransform
from mmpose.registry import TRANSFORMS

from ...errors import UserError
from ...rendering import check_style, draw_skeleton
from ...skeletons import get_skeleton


@TRANSFORMS.register_module()
class RenderSkeleton(BaseTransform):
    """Draw a canvas pose as the image of the sample.

    Required Keys: keypoints (1, K, 2) in canvas coordinates (after
    ``NormalizePose``, ``PoseMixupDataset``, ``GeneratedPoseDataset``),
    keypoints_visible (1, K), optional. Invisible joints and their limbs are
    not drawn.

    Added Keys: img (S, S, 3) uint8 RGB, img_shape, ori_shape (S, S),
    transformed_keypoints (1, K, 2) float32 in pixels of the image, and
    input_size, input_center, input_scale chosen so that MMPose's heads give
    predictions back in canvas coordinates, as ``keypoints`` are.

    Args:
        size (int): Side S of the image in pixels. Default: 128.
        skeleton (str | Skeleton | dict): Name or MMPose metainfo.
        line_width (float, optional): Pixels; default S / 32.
        joint_radius (float, optional): Pixels; default 0.625 line_width.
        colors (str): 'rgb' or 'gray'.
    """

    def __init__(self,
                 size: int = 128,
                 skeleton='body15',
                 line_width: Optional[float] = None,
                 joint_radius: Optional[float] = None,
                 colors: str = 'rgb'):
        self.skeleton = get_skeleton(skeleton)
        self.size, self.line_width = size, line_width
        self.joint_radius, self.colors = joint_radius, colors
        check_style(self.skeleton, size, line_width, joint_radius, colors)

    def transform(self, results: dict) -> dict:
        points = np.asarray(results['keypoints'], np.float32)
        visible = results.get('keypoints_visible')
        if len(points) != 1:
            raise UserError('RenderSkeleton', 'keypoints.shape',
                            points.shape, 'give one pose per sample')
        if visible is not None:
            visible = visible[0] if visible.ndim == 2 else visible[0, :, 0]
        side = self.size
        results['img'] = draw_skeleton(points[0], visible, self.skeleton,
                                       side, self.line_width,
                                       self.joint_radius, self.colors)
        results.update(
            img_shape=(side, side),
            ori_shape=(side, side),
            input_size=(side, side),
            # canvas = pixel / S * scale + center - scale / 2
            input_center=np.full(2, 1 / side, np.float32),
            input_scale=np.full(2, 2, np.float32),
            transformed_keypoints=(points + 1) * (side / 2) - .5)
        return results

    def __repr__(self):
        return (f'{type(self).__name__}(size={self.size}, '
                f'skeleton={self.skeleton.name!r}, '
                f'line_width={self.line_width}, '
                f'joint_radius={self.joint_radius}, colors={self.colors!r})')
