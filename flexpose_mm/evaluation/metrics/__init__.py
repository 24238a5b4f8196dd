from .pose_distribution import PoseDistributionMetric

__all__ = ['PoseDistributionMetric']
