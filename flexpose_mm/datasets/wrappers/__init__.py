"""Datasets made from other datasets or from models."""
from .few_shot import FewShotDataset
from .generated_pose import GeneratedPoseDataset
from .pose_mixup import PoseMixupDataset

__all__ = ['FewShotDataset', 'GeneratedPoseDataset', 'PoseMixupDataset']
