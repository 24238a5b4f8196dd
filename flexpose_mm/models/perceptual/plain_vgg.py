"""Gamma of KeypointGAN: VGG-19 without its ReLUs."""
import os
from typing import List, Sequence

import torch
import torch.nn.functional as F
import torchvision
from mmengine.model import BaseModule
from mmpose.registry import MODELS
from torch import Tensor, nn

from flexpose_mm.checkpoints import read_checkpoint
from flexpose_mm.errors import UserError

#: Convolutions of the five stages of VGG-19 and their channels.
STAGES = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
LAYERS = ('image', 'conv1_2', 'conv2_2', 'conv3_2', 'conv4_2', 'conv5_2')


@MODELS.register_module()
class PlainVGGFeatures(BaseModule):
    """What KeypointGAN compares images by.

    The mean-subtracted image and the second convolution of each stage;
    convolutions follow one another without a ReLU, max pooling is the only
    non-linearity (fact sheet, section 5). Published with the VGG group's own
    weights; torchvision's are of another training and are given images in
    the scale they know.

    Args:
        weights (str): ``'imagenet'`` (torchvision's), the path of a state
            dict of ``torchvision.models.vgg19``, or ``'random'``.
        layers (Sequence[str]): First entries of ``LAYERS``; fewer are
            cheaper.
        width (int): Channels of the first stage, 64 as VGG; others only with
            random weights.
        seed (int): Of random weights.

    Shape:
        (N, 3, S, S) RGB in [-1, 1] -> list of (N, C, H, W)
    """

    def __init__(self,
                 weights: str = 'imagenet',
                 layers: Sequence[str] = LAYERS,
                 width: int = 64,
                 seed: int = 0):
        super().__init__()
        if not layers or tuple(layers) != LAYERS[:len(layers)]:
            raise UserError('PlainVGGFeatures', 'layers', tuple(layers),
                            f'give the first few of {LAYERS}')
        if width < 1 or width != 64 and weights != 'random':
            raise UserError('PlainVGGFeatures', 'width', width,
                            "trained weights have 64; use weights='random'")
        self.num_layers = len(layers)
        self.stages = self.build(width, seed)
        if weights != 'random':
            self.load(weights)
        self.requires_grad_(False).eval()
        self.register_buffer(
            'mean', torch.tensor([.485, .456, .406]).view(3, 1, 1))
        self.register_buffer(
            'std', torch.tensor([.229, .224, .225]).view(3, 1, 1))
        self.name = f'plain vgg19 ({weights})'

    def build(self, width: int, seed: int) -> nn.ModuleList:
        """Stages up to the last compared layer; variance-keeping weights."""
        stages, channels = nn.ModuleList(), 3
        last = self.num_layers - 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for i, (count, out) in enumerate(STAGES[:last], 1):
                out = out * width // 64
                convs = nn.ModuleList()
                for _ in range(2 if i == last else count):
                    convs.append(nn.Conv2d(channels, out, 3, padding=1))
                    nn.init.kaiming_normal_(
                        convs[-1].weight, nonlinearity='linear')
                    nn.init.zeros_(convs[-1].bias)
                    channels = out
                stages.append(convs)
        return stages

    def load(self, weights: str) -> None:
        """Copy the weights of a VGG-19 of torchvision."""
        if weights == 'imagenet':
            state = self.download()
        else:
            state = read_checkpoint(weights, 'weights')['state_dict']
        number = 0  # of the layer in torchvision's Sequential
        for convs, (count, _) in zip(self.stages, STAGES):
            for i, conv in enumerate(convs):
                own = {
                    name: state.get(f'features.{number + 2 * i}.{name}')
                    for name in ('weight', 'bias')
                }
                if own['bias'] is None or \
                        own['weight'].shape != conv.weight.shape:
                    raise UserError(
                        'PlainVGGFeatures', 'weights', weights,
                        'this is no state dict of torchvision.models.vgg19; '
                        "give the path of one, or 'imagenet'")
                conv.load_state_dict(own)
            number += 2 * count + 1

    @staticmethod
    def download() -> dict:
        """torchvision's weights, from its cache or the network."""
        url = torchvision.models.VGG19_Weights.IMAGENET1K_V1.url
        try:
            return torch.hub.load_state_dict_from_url(
                url, map_location='cpu', check_hash=True, weights_only=True)
        except OSError as e:
            cache = os.path.join(torch.hub.get_dir(), 'checkpoints')
            raise UserError(
                'PlainVGGFeatures', 'weights', 'imagenet',
                f'the download failed ({e}); put {os.path.basename(url)} '
                f'into {cache}, give the path of a local file, or use '
                "weights='random'") from None

    def init_weights(self) -> None:
        """Nothing: the weights are there."""

    def train(self, mode: bool = True):
        """Frozen: always in evaluation mode."""
        return super().train(False)

    def forward(self, images: Tensor) -> List[Tensor]:
        x = ((images + 1) / 2 - self.mean) / self.std
        maps = [x]
        for i, convs in enumerate(self.stages):
            x = F.max_pool2d(x, 2) if i else x
            for j, conv in enumerate(convs):
                x = conv(x)
                if j == 1:
                    maps.append(x)
        return maps
