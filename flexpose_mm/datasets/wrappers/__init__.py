"""Datasets made from other datasets or from models."""
from .domain_pair import DomainPairDataset
from .few_shot import FewShotDataset
from .generated_pose import GeneratedPoseDataset
from .pose_bank import PoseBank
from .pose_mixup import PoseMixupDataset
from .unpaired import UnpairedPoseImageDataset

__all__ = [
    'DomainPairDataset', 'FewShotDataset', 'GeneratedPoseDataset', 'PoseBank',
    'PoseMixupDataset', 'UnpairedPoseImageDataset'
]
