from .pose_sampler import PoseBatch, PoseSampler

__all__ = ['PoseBatch', 'PoseSampler']
