"""The pose VAE and the difficulty of poses that follows from it."""
from .difficulty import Difficulty, cached_difficulty, rate_difficulty
from .functional import (gaussian_kl, reconstruction_error, standardize_poses,
                         usable_poses, vae_loss)
from .pose_vae import PoseVAE
from .training import train_pose_vae

__all__ = [
    'Difficulty', 'PoseVAE', 'cached_difficulty', 'gaussian_kl',
    'rate_difficulty', 'reconstruction_error', 'standardize_poses',
    'train_pose_vae', 'usable_poses', 'vae_loss'
]
