"""A variational auto-encoder of 2D poses."""
from typing import Optional, Sequence, Tuple, Union

import numpy as np
import torch
from mmengine.model import BaseModel
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import (decode_meta, encode_meta,
                                     read_checkpoint)
from flexpose_mm.errors import UserError
from flexpose_mm.io import atomic_write
from .functional import reconstruction_error, standardize_poses, vae_loss

LOGVAR_RANGE = (-12., 6.)


def _mlp(*widths: int) -> nn.Sequential:
    """Linear layers with LeakyReLU 0.2 between them."""
    layers = []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.LeakyReLU(.2)]
    return nn.Sequential(*layers[:-1])


@MODELS.register_module()
class PoseVAE(BaseModel):
    """Pose VAE of Dua et al., section 2.1, for any number of joints.

    An MLP sees the standardized coordinates and which joints are visible;
    another one gives the coordinates back. Architecture, latent size and
    lambda are ours, the paper does not name them.

    Args:
        num_joints (int): K.
        latent_dims (int): Size of the latent code.
        hidden_dims (Sequence[int]): Widths of the encoder; the decoder has
            them in reverse.
        kl_weight (float): lambda; 0.02 is the Gaussian likelihood of a
            deviation of 10 % of the pose's radius.
        seed (int): Of weights, codes, masks and order in training.
        checkpoint (str, optional): Weights of :meth:`save`.

    Raises:
        UserError: Arguments out of range, or a checkpoint of another size.
    """

    def __init__(self,
                 num_joints: int,
                 latent_dims: int = 8,
                 hidden_dims: Sequence[int] = (256, 256),
                 kl_weight: float = .02,
                 seed: int = 0,
                 checkpoint: Optional[str] = None):
        super().__init__()
        widths = tuple(hidden_dims)
        for name, value, least in (('num_joints', num_joints, 2),
                                   ('latent_dims', latent_dims, 1),
                                   ('hidden_dims', min(widths, default=0), 1),
                                   ('seed', seed, 0)):
            if not isinstance(value, int) or value < least:
                raise UserError('PoseVAE', name, value,
                                f'give whole numbers of at least {least}')
        if not kl_weight >= 0:
            raise UserError('PoseVAE', 'kl_weight', kl_weight,
                            'give a number >= 0')
        self.num_joints, self.latent_dims = num_joints, latent_dims
        self.hidden_dims, self.kl_weight = widths, float(kl_weight)
        self.seed = seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encoder = _mlp(3 * num_joints, *widths, 2 * latent_dims)
            self.decoder = _mlp(latent_dims, *widths[::-1], 2 * num_joints)
        if checkpoint is not None:
            self.load(checkpoint)

    @property
    def settings(self) -> dict:
        """dict: Arguments that build the same network again."""
        return dict(
            num_joints=self.num_joints,
            latent_dims=self.latent_dims,
            hidden_dims=list(self.hidden_dims),
            kl_weight=self.kl_weight,
            seed=self.seed)

    # -- the network ---------------------------------------------------
    def encode(self, pose: Tensor, visible: Tensor) -> Tuple[Tensor, Tensor]:
        """Standardized poses (N, K, 2) to mu and log variance (N, L)."""
        seen = (visible > 0).to(pose.dtype)
        x = torch.cat([(pose * seen[..., None]).flatten(1), seen], 1)
        mu, logvar = self.encoder(x).chunk(2, 1)
        return mu, logvar.clamp(*LOGVAR_RANGE)

    def decode(self, code: Tensor) -> Tensor:
        """Codes (N, L) to standardized poses (N, K, 2)."""
        return self.decoder(code).reshape(len(code), self.num_joints, 2)

    def losses(self, poses: Tensor, visible: Tensor, noise: Tensor,
               shown: Tensor, kl_scale: float = 1.) -> dict:
        """Eq. 1 on a batch.

        Args:
            poses (Tensor): (N, K, 2), any unit.
            visible (Tensor): (N, K), > 0 = present.
            noise (Tensor): (N, L) standard normal draws.
            shown (Tensor): (N, K) bool; joints that the encoder may see.
            kl_scale (float): Warm-up of lambda, 0 to 1.

        Returns:
            dict: loss_pose and loss_kl, scalars.
        """
        pose, _ = standardize_poses(poses, visible)
        mu, logvar = self.encode(pose, visible * shown)
        output = self.decode(mu + noise * (.5 * logvar).exp())
        error, kl = vae_loss(pose, output, visible, mu, logvar,
                             kl_scale * self.kl_weight)
        return dict(loss_pose=error, loss_kl=kl)

    def forward(self, poses: Tensor, visible: Tensor) -> Tensor:
        """Reconstruction from the posterior mean, standardized (N, K, 2)."""
        pose, _ = standardize_poses(poses, visible)
        return self.decode(self.encode(pose, visible)[0])

    # -- the score -----------------------------------------------------
    def check_joints(self, poses, field: str = 'poses.shape') -> None:
        """Raise UserError unless poses are (N, K, 2) of the VAE's K."""
        if poses.ndim != 3 or tuple(poses.shape[1:]) != (self.num_joints, 2):
            raise UserError(
                'PoseVAE', field, tuple(poses.shape),
                f'the VAE knows poses (N, {self.num_joints}, 2); train one '
                'on these joints, or map them')

    @torch.no_grad()
    def score(self,
              poses: Union[Tensor, np.ndarray],
              visible: Optional[Union[Tensor, np.ndarray]] = None,
              batch_size: int = 8192) -> Union[Tensor, np.ndarray]:
        """Difficulty of poses: eq. 2 at the posterior mean.

        Args:
            poses (Tensor | np.ndarray): (N, K, 2), any unit.
            visible (Tensor | np.ndarray, optional): (N, K), > 0 = present;
                None: all.
            batch_size (int): Poses at a time; memory does not grow in N.

        Returns:
            Tensor | np.ndarray: (N,) float64, as the input; one unit is the
            squared RMS radius of the pose.

        Raises:
            UserError: Another number of joints.
        """
        self.check_joints(poses)
        as_numpy = isinstance(poses, np.ndarray)
        device = next(self.parameters()).device
        result = torch.empty(len(poses), dtype=torch.float64)
        for first in range(0, len(poses), batch_size):
            rows = slice(first, first + batch_size)
            y = torch.as_tensor(poses[rows]).to(device)
            seen = torch.ones(y.shape[:2], device=device) \
                if visible is None else torch.as_tensor(
                    visible[rows]).to(device)
            pose, _ = standardize_poses(y, seen)
            output = self.decode(self.encode(pose, seen)[0])
            result[rows] = reconstruction_error(pose, output, seen).cpu()
        return result.numpy() if as_numpy else result.to(device)

    # -- files ---------------------------------------------------------
    def save(self, path: str) -> None:
        """Write weights and settings, whole or not at all."""
        state = {k: v.cpu() for k, v in self.state_dict().items()}
        state['_extra_state'] = encode_meta(self.settings)
        with atomic_write(path) as file:
            torch.save(dict(state_dict=state), file)

    def load(self, path: str) -> None:
        """Read weights of :meth:`save`.

        Raises:
            UserError: No PoseVAE, or one of another size.
        """
        state, settings = _read(path)
        for name in ('num_joints', 'latent_dims', 'hidden_dims'):
            own = self.settings[name]
            if settings[name] != own:
                raise UserError(
                    path, name, settings[name],
                    f'the config asks for {own}; use a VAE of these poses, '
                    'or leave the checkpoint out to train one')
        self.load_state_dict(state)

    @classmethod
    def from_file(cls, path: str) -> 'PoseVAE':
        """The VAE of a file, with the settings it was trained with."""
        state, settings = _read(path)
        model = cls(**settings)
        model.load_state_dict(state)
        return model.eval()


def _read(path: str) -> Tuple[dict, dict]:
    """State dict and settings of a file of ``PoseVAE.save``."""
    state = dict(read_checkpoint(path)['state_dict'])
    settings = decode_meta(state.pop('_extra_state', None))
    if 'latent_dims' not in settings or 'encoder.0.weight' not in state:
        raise UserError(path, 'state_dict', sorted(state)[:3],
                        'it holds no PoseVAE; give a vae_*.pth of '
                        'PoseDifficultyHook or tools/score_difficulty.py')
    return state, settings
