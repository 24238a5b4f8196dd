"""F of the paper: source poses moved to where target persons stand.

GPA (Chai et al., PoseDA, 2023) as PoSynDA section 3.2 uses it: a source pose
keeps its shape and direction; only its root moves, so that its projection by
the target's camera has the place and the size of a target person. Its 3D
label does not change.
"""
from typing import NamedTuple, Optional, Tuple

import torch
from torch import Tensor

from ...errors import UserError
from .camera import project
from .root import depth_by_size, depth_root

SCALES = ('median', 'frame')
PAIRINGS = ('clip', 'frame')


class AugmentedSource(NamedTuple):
    """Source clips as a target camera would see them.

    Attributes:
        keypoints (Tensor): (S, F, J, 2) normalised, the new 2D input.
        camera (Tensor): (S, F, 9) camera of each frame's target.
        root (Tensor): (S, F, 3) camera-frame metres.
        target (Tensor): (S, F) int64, index into the target's frames
            (clip * F + frame) that each frame was paired with.
    """
    keypoints: Tensor
    camera: Tensor
    root: Tensor
    target: Tensor


def place_source(pose: Tensor,
                 target_2d: Tensor,
                 camera: Tensor,
                 scale: str = 'median',
                 weights: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
    """Move source poses to paired target persons.

    Args:
        pose (Tensor): (..., F, J, 3) metres relative to joint 0, in camera
            axes.
        target_2d (Tensor): (..., F, J, 2) normalised.
        camera (Tensor): (..., 9) or (..., F, 9) of the target.
        scale (str): 'median' gives a clip one depth, the median over its
            frames, so that it moves as smoothly as its target; 'frame' takes
            each frame's own, as the released code does.
        weights (Tensor, optional): (..., F, J) of the target, 0 = missing;
            extents leave such joints out. Clips with a missing root joint
            have no place: see :func:`usable_targets`.

    Returns:
        tuple: positions (..., F, J, 3) in the camera frame, and the root
        (..., F, 3), both metres.

    Raises:
        UserError: Unknown ``scale``.
    """
    if scale not in SCALES:
        raise UserError('place_source', 'scale', scale,
                        f'choose from {SCALES}')
    depth = depth_by_size(pose, target_2d, camera, weights)
    if scale == 'median':
        depth = depth.median(-1, keepdim=True).values.expand_as(depth)
    root = depth_root(pose, target_2d, camera, depth=depth)
    return pose + root.unsqueeze(-2), root


def usable_targets(weights: Tensor) -> Tensor:
    """Frames or clips all of whose joints are there.

    Extents over too few joints say nothing of a person's size, and a missing
    joint at (0, 0) makes them explode.

    Args:
        weights (Tensor): (n, ..., J) of 2D keypoints, 0 = missing.

    Returns:
        Tensor: (n,) bool.
    """
    return (weights > 0).flatten(1).all(1)


def draw_pairs(size: int, usable: Tensor,
               generator: Optional[torch.Generator] = None) -> Tensor:
    """Monte-Carlo pairing: a target for each of ``size`` sources.

    Targets come in random order, each once before any comes again.

    Args:
        size (int): Number of sources.
        usable (Tensor): (n,) bool, targets that may be drawn.
        generator (torch.Generator, optional): On the CPU.

    Returns:
        Tensor: (size,) int64 indices below n.

    Raises:
        UserError: If no target is usable.
    """
    rows = usable.nonzero().flatten()
    if not len(rows):
        raise UserError(
            'draw_pairs', 'keypoint_weights', 0,
            f'each of the {len(usable)} targets of the batch lacks a joint, '
            'so that none shows a size; set require_all=True in the target '
            'dataset or a larger batch_size')
    rounds = [
        torch.randperm(len(rows), generator=generator)
        for _ in range(-(-size // len(rows)))
    ]
    return rows[torch.cat(rounds)[:size].to(rows.device)]


def augment_source(pose: Tensor,
                   target_2d: Tensor,
                   camera: Tensor,
                   weights: Optional[Tensor] = None,
                   pairing: str = 'clip',
                   scale: str = 'median',
                   generator: Optional[torch.Generator] = None
                   ) -> AugmentedSource:
    """Pair, place, project: the whole of F for a batch.

    Args:
        pose (Tensor): (S, F, J, 3) source, metres relative to joint 0.
        target_2d (Tensor): (T, F, J, 2) normalised.
        camera (Tensor): (T, 9) of the target.
        weights (Tensor, optional): (T, F, J) of the target, 0 = missing.
            Targets that lack a joint are not used.
        pairing (str): 'clip' pairs frame k with frame k of one target clip;
            'frame' draws each frame's target by itself, as the released code
            does, which breaks the order of time.
        scale (str): See :func:`place_source`; only 'frame' goes with
            ``pairing='frame'``.
        generator (torch.Generator, optional): On the CPU.

    Returns:
        AugmentedSource: The new inputs; the label stays ``pose``.

    Raises:
        UserError: Unknown ``pairing`` or ``scale``, or no usable target.
    """
    if pairing not in PAIRINGS or (pairing, scale) == ('frame', 'median'):
        raise UserError('augment_source', 'pairing, scale', (pairing, scale),
                        f"pairing is one of {PAIRINGS}; pairing='frame' "
                        "needs scale='frame'")
    clips, frames = pose.shape[:2]
    if weights is None:
        weights = torch.ones_like(target_2d[..., 0])
    step = torch.arange(frames, device=pose.device)
    if pairing == 'clip':
        clip = draw_pairs(clips, usable_targets(weights), generator)
        target = clip[:, None] * frames + step
    else:
        target = draw_pairs(clips * frames,
                            usable_targets(weights.flatten(0, 1)),
                            generator).view(clips, frames)
    seen = target_2d.flatten(0, 1)[target]
    lens = camera[target // frames]
    placed, root = place_source(pose, seen, lens, scale)
    return AugmentedSource(project(placed, lens), lens, root, target)
