"""What the two benchmarks of the adaptation share."""
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.optim import OptimWrapper
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from flexpose_mm.models.generators import stylegan_v1

MODEL = Path(__file__).resolve().parents[1] / \
    'configs/_base_/models/stylegan_64_small.py'
#: The product, and the same class without what makes it fast.
FAST = dict(autocast='bfloat16', channels_last=True)
PLAIN = dict(autocast=None, channels_last=False, feature_cache_mb=0)
GAMMAS = ('VGGFeatures', 'RegressorFeatures')


def plain_adain(x, style, eps: float = 1e-5):
    """AdaIN as a textbook writes it, for autograd to differentiate."""
    gamma, beta = style[..., None, None].chunk(2, 1)
    return gamma * F.instance_norm(x, eps=eps) + beta


def build_gamma(name: str, fast: bool) -> dict:
    """Config of Gamma; the regressor's has its own precision fields."""
    if name == 'VGGFeatures':
        return dict(type=name, weights='random')
    encoder = dict(
        type='SkeletonEncoder', widths=(16, 32, 64), channels_last=fast)
    head = dict(type='SkeletonHeatmapHead', in_channels=64, num_joints=15)
    return dict(
        type=name,
        regressor=dict(
            type='SkeletonRegressor',
            size=64,
            dtype='bfloat16' if fast else None,
            backbone=encoder,
            head=head))


def build_dataset(size: int):
    """T* of twelve synthetic shots."""
    shots = dict(type='SyntheticPoseDataset', domain='target', size=12)
    return DATASETS.build(
        dict(
            type='PoseMixupDataset',
            dataset=shots,
            size=size,
            pipeline=[dict(type='PackPose')]))


class Training:
    """An adaptation that is driven step by step.

    Args:
        gamma (str): One of ``GAMMAS``.
        fast (bool): With or without the product's speed-ups.
        dataset (PoseMixupDataset): T*.
        batch_size (int): Items of a step.
    """

    def __init__(self, gamma: str, fast: bool, dataset, batch_size: int):
        init_default_scope('mmpose')
        torch.manual_seed(0)  # random weights, the same in both
        cfg = Config.fromfile(MODEL)
        self.model = MODELS.build(
            dict(
                type='FlexPose',
                generator=cfg.generator,
                gamma=build_gamma(gamma, fast),
                data_preprocessor=cfg.data_preprocessor,
                **(FAST if fast else PLAIN))).train()
        adam = torch.optim.Adam(
            (p for p in self.model.parameters() if p.requires_grad), lr=.01)
        self.optim = OptimWrapper(adam)
        self.dataset, self.batch_size = dataset, batch_size
        self.done, self.losses = 0, []
        self.adain = stylegan_v1.adaptive_instance_norm if fast \
            else plain_adain
        self.model.prepare(dataset)
        start = time.perf_counter()
        if self.model.target_features.enabled:
            self.model.target_features.fill()
        self.fill_seconds = time.perf_counter() - start

    def batch(self) -> dict:
        """The next items, in order, through the pipeline."""
        first = self.done * self.batch_size
        return pseudo_collate([
            self.dataset[i % len(self.dataset)]
            for i in range(first, first + self.batch_size)
        ])

    def step(self) -> None:
        """Load a batch and make one step of training."""
        log = self.model.train_step(self.batch(), self.optim)
        self.losses.append(float(log['loss']))
        self.done += 1

    def run(self, steps: int) -> float:
        """Seconds per step over some steps."""
        product = stylegan_v1.adaptive_instance_norm
        stylegan_v1.adaptive_instance_norm = self.adain
        try:
            start = time.perf_counter()
            for _ in range(steps):
                self.step()
            return (time.perf_counter() - start) / steps
        finally:
            stylegan_v1.adaptive_instance_norm = product
