"""Gamma from VGG-16 (Simonyan and Zisserman 2015), by torchvision."""
import os
from typing import List, Sequence

import torch
import torch.nn as nn
import torchvision
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor
from torchvision.models import vgg

from flexpose_mm.checkpoints import read_checkpoint
from flexpose_mm.errors import UserError

#: Index of each activation in torchvision's ``vgg16().features``.
LAYERS = {'relu1_2': 3, 'relu2_2': 8, 'relu3_3': 15, 'relu4_3': 22,
          'relu5_3': 29}  # yapf: disable


@MODELS.register_module()
class VGGFeatures(BaseModule):
    """Frozen VGG-16 activations of skeleton images.

    Args:
        weights (str): ``'imagenet'`` (torchvision's, downloaded to or found
            in its cache), the path of a local state dict of
            ``torchvision.models.vgg16``, or ``'random'`` (He initialisation
            with ``seed``, average pooling: untrained VGG features are known
            to invert images, He et al. 2016).
        layers (Sequence[str]): Names in ``LAYERS``.
        seed (int): Seed of ``'random'``.

    Shape:
        (N, 3, S, S) in [-1, 1] -> list of (N, C, H, W)
    """

    def __init__(self,
                 weights: str = 'imagenet',
                 layers: Sequence[str] = ('relu1_2', 'relu2_2', 'relu3_3',
                                          'relu4_3'),
                 seed: int = 0):
        super().__init__()
        unknown = set(layers) - set(LAYERS)
        if unknown or not layers:
            raise UserError('VGGFeatures', 'layers', list(layers),
                            f'choose from {list(LAYERS)}')
        self.taps = sorted(LAYERS[name] for name in layers)
        net = self.load(weights, seed)[:self.taps[-1] + 1]
        for module in net:
            if isinstance(module, nn.ReLU):
                module.inplace = False
        if weights == 'random':
            for i, module in enumerate(net):
                if isinstance(module, nn.MaxPool2d):
                    net[i] = nn.AvgPool2d(2)
        self.net = net.requires_grad_(False).eval()
        self.register_buffer(
            'mean', torch.tensor([.485, .456, .406]).view(3, 1, 1))
        self.register_buffer(
            'std', torch.tensor([.229, .224, .225]).view(3, 1, 1))
        self.name = f'vgg16 ({weights})'

    @staticmethod
    def load(weights: str, seed: int) -> nn.Module:
        """VGG-16's features with the asked weights, never others."""
        if weights == 'random':
            return VGGFeatures.build(seed)
        if weights == 'imagenet':
            url = torchvision.models.VGG16_Weights.IMAGENET1K_V1.url
            try:
                state = torch.hub.load_state_dict_from_url(
                    url, map_location='cpu', check_hash=True,
                    weights_only=True)
            except OSError as e:
                cache = os.path.join(torch.hub.get_dir(), 'checkpoints')
                raise UserError(
                    'VGGFeatures', 'weights', weights,
                    f'the download failed ({e}); put '
                    f'{os.path.basename(url)} into {cache}, give the path of '
                    "a local file, or use type='RegressorFeatures', which "
                    'needs no download') from None
        else:
            state = read_checkpoint(weights)['state_dict']
        net = VGGFeatures.build(seed)
        try:
            net.load_state_dict({
                k[len('features.'):]: v
                for k, v in state.items() if k.startswith('features.')
            })
        except RuntimeError:
            raise UserError(
                'VGGFeatures', 'weights', weights,
                'this is no state dict of torchvision.models.vgg16; give '
                "the path of one, or 'imagenet'") from None
        return net

    @staticmethod
    def build(seed: int) -> nn.Module:
        """The layers before the classifier, He initialisation."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            net = vgg.make_layers(vgg.cfgs['D'], batch_norm=False)
            for module in net:
                if isinstance(module, nn.Conv2d):
                    nn.init.kaiming_normal_(
                        module.weight, mode='fan_out', nonlinearity='relu')
                    nn.init.zeros_(module.bias)
        return net

    def train(self, mode: bool = True):
        """Frozen: always in evaluation mode."""
        return super().train(False)

    def forward(self, images: Tensor) -> List[Tensor]:
        x = ((images + 1) / 2 - self.mean) / self.std
        maps = []
        for i, module in enumerate(self.net):
            x = module(x)
            if i in self.taps:
                maps.append(x)
        return maps
