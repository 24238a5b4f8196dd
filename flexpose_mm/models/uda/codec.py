"""Heatmap codec of the domain adaptation benchmarks."""
from typing import Optional, Tuple

import numpy as np
from mmpose.codecs import MSRAHeatmap
from mmpose.registry import KEYPOINT_CODECS


@KEYPOINT_CODECS.register_module()
class ArgmaxHeatmap(MSRAHeatmap):
    """``MSRAHeatmap`` without sub-pixel shift and half-visible labels.

    A joint whose own cell lies outside the map has weight 0 and an empty
    map; decoding is the plain argmax, whatever the sign of the maximum,
    because maps that were trained as logits have any offset.

    Args:
        input_size (tuple): Width and height in pixels.
        heatmap_size (tuple): Width and height in cells.
        sigma (float): In cells.
    """

    def encode(self,
               keypoints: np.ndarray,
               keypoints_visible: Optional[np.ndarray] = None) -> dict:
        """As in ``MSRAHeatmap``, (1, K, 2) input pixels."""
        cells = np.floor(keypoints / self.scale_factor + .5)
        inside = ((cells >= 0) & (cells < np.array(self.heatmap_size))).all(-1)
        seen = np.ones(keypoints.shape[:2], np.float32) \
            if keypoints_visible is None else keypoints_visible
        seen = np.where(inside, seen, 0).astype(np.float32)
        return super().encode(np.where(inside[..., None], keypoints, 0.),
                              seen)

    def decode(self, encoded: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Maps (K, h, w) to keypoints (1, K, 2) input pixels and maxima."""
        flat = encoded.reshape(len(encoded), -1)
        best, width = flat.argmax(1), encoded.shape[-1]
        cells = np.stack([best % width, best // width], -1)
        return ((cells * self.scale_factor)[None].astype(np.float32),
                flat.max(1)[None])
