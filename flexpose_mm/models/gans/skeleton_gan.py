"""The source prior: a StyleGAN v1 on skeleton images (FlexPose, sec. 3.2)."""
import torch.nn.functional as F
from mmengine.model import ExponentialMovingAverage
from mmpose.registry import MODELS

from flexpose_mm.models.base import PoseGenerationModel
from .adversarial import AdversarialTraining


@MODELS.register_module()
class SkeletonGAN(AdversarialTraining, PoseGenerationModel):
    """Trains generator and discriminator on skeleton images.

    See ``AdversarialTraining`` for the game.

    Args:
        generator (dict): Config of ``StyleGANv1Generator``.
        discriminator (dict): Config of ``StyleGANv1Discriminator``.
        data_preprocessor (dict): Config of ``SkeletonPreprocessor``.
        r1_weight (float): gamma / 2; 5 in StyleGAN.
        r1_interval (int): Steps between two R1 terms.
        ema_momentum (float): 1 - decay of the averaged generator.
        **kwargs: See ``PoseGenerationModel``.
    """

    def __init__(self,
                 generator: dict,
                 discriminator: dict,
                 data_preprocessor: dict,
                 r1_weight: float = 5.,
                 r1_interval: int = 1,
                 ema_momentum: float = 0.002,
                 **kwargs):
        super().__init__(data_preprocessor, **kwargs)
        self.generator = MODELS.build(generator)
        self.discriminator = MODELS.build(discriminator)
        self.check_canvas('generator', self.generator, 'out_size')
        self.check_canvas('discriminator', self.discriminator, 'in_size')
        # update_buffers=True would keep tensors that .to() leaves behind.
        self.generator_ema = ExponentialMovingAverage(
            self.generator, momentum=ema_momentum)
        self.generator_ema.requires_grad_(False)
        self.r1_weight, self.r1_interval = r1_weight, r1_interval
        self.to_memory_format()
        self.hide_wrappers()

    def draw(self, z, generator=None, **kwargs):
        image = super().draw(z, generator, **self.scale, **kwargs)
        if image.shape[-1] != self.data_preprocessor.size:
            image = F.interpolate(
                image, size=self.data_preprocessor.size, mode='bilinear')
        return image
