"""Numbered codes: what a generator is asked for."""
import torch
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample
from torch.utils.data import Dataset

from ...errors import UserError
from ...skeletons import get_skeleton


@DATASETS.register_module()
class LatentCodeDataset(Dataset):
    """The numbers 0 .. size-1; the model makes code i of (its seed, i).

    It serves the validation and test loops of generators and adapters, and
    gives the beat to models that draw their own training codes.

    Args:
        size (int): Number of codes.
        skeleton (str | dict): Skeleton of the poses, for ``metainfo``.

    Items:
        dict: ``inputs``, int64 scalar i; ``data_samples`` with
        ``sample_idx`` i.
    """

    def __init__(self, size: int, skeleton='body15'):
        if not isinstance(size, int) or size < 1:
            raise UserError('LatentCodeDataset', 'size', size,
                            'give a whole number of at least 1')
        self.size = size
        self.metainfo = parse_pose_metainfo(get_skeleton(skeleton).metainfo)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> dict:
        return dict(
            inputs=torch.tensor(index),
            data_samples=PoseDataSample(metainfo=dict(sample_idx=index)))
