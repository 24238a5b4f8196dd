"""Labelled source items beside unlabelled target items."""
import copy
from typing import Union

import numpy as np
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from ...errors import UserError


@DATASETS.register_module()
class DomainPairDataset(Dataset):
    """Item i is item i of the source with a random item of the target.

    The index is the source's, so that any sampler, ``DifficultySampler``
    included, chooses source items; the target is drawn from NumPy's global
    stream like the random parts of MMPose's transforms.

    Args:
        source (dict | Dataset): Labelled images.
        target (dict | Dataset): Images; their labels are not used.

    Attributes:
        pose_dataset: The source, whose poses ``PoseDifficultyHook`` scores.

    Raises:
        UserError: Joint sets that differ, or an empty dataset.
    """

    def __init__(self, source: Union[dict, Dataset],
                 target: Union[dict, Dataset]):
        self.source, self.target = (
            DATASETS.build(part) if isinstance(part, dict) else part
            for part in (source, target))
        for name, part in (('source', self.source), ('target', self.target)):
            if not len(part):
                raise UserError('DomainPairDataset', name, 0,
                                'it is empty; mend its path or filters')
        joints = [
            part.metainfo['num_keypoints']
            for part in (self.source, self.target)
        ]
        if joints[0] != joints[1]:
            raise UserError(
                'DomainPairDataset', 'num_keypoints', joints,
                'source and target need one joint set; convert one of them')
        self.pose_dataset = self.source

    @property
    def metainfo(self) -> dict:
        """The source's, as MMPose's datasets give it."""
        return copy.deepcopy(self.source.metainfo)

    def get_data_info(self, index: int) -> dict:
        """Annotation of the source item."""
        return self.source.get_data_info(index)

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> dict:
        other = np.random.randint(len(self.target))
        return dict(source=self.source[index], target=self.target[other])
