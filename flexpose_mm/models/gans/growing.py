"""Progressive growing: which scale is trained, and how far it faded in."""
from typing import Dict, Tuple


def growing_state(shown: int, images_per_scale: Dict[int, int],
                  transition: int) -> Tuple[int, float]:
    """Scale and fade-in weight after ``shown`` real images.

    The first scale has no fade-in; the last one is trained for ever.

    Args:
        shown (int): Real images shown so far, over all processes.
        images_per_scale (dict[int, int]): Images for each scale in px, in
            increasing order, fade-in included.
        transition (int): Images over which a new scale fades in.

    Returns:
        tuple[int, float]: Scale in px and weight in [0, 1].
    """
    scales = sorted(images_per_scale)
    for i, scale in enumerate(scales):
        length = images_per_scale[scale]
        if shown < length or i == len(scales) - 1:
            fades = i > 0 and transition > 0
            return scale, min(shown / transition, 1.) if fades else 1.
        shown -= length
    raise AssertionError('unreachable: the last scale never ends')
