"""KeypointGAN's training steps per second against the published data flow.

Published: float32, one forward pass, then three steps one after another, each
with its own backward pass: the generators, D (real and fake apart), beta
(y_bar and y apart). Product: the same class, whose step is one forward and
one backward pass, in bfloat16 and channels_last; "one pass" is that in
float32, to show what the data flow alone gives. All start from equal weights
and see the same batches; blocks of steps alternate (A B C A B C ...), so that
what else the machine does meets all. Losses are compared at equal weights,
before the first step.

    python benchmarks/keypointgan_speed.py [--threads 2] [--blocks 5]
        [--steps 3] [--smoke]
"""
import argparse
import os
import statistics
import sys
import time

TARGET = 1.5
TOLERANCE = .05  # relative difference of losses; bf16 has 8 bits


def build_model(args, fast: bool):
    """A KeypointGAN with beta's fine-tuning, as published."""
    import torch
    from mmpose.registry import MODELS
    torch.manual_seed(0)  # random weights, the same in all
    widths = tuple(args.width * 2**i for i in range(4))
    model = MODELS.build(
        dict(
            type='KeypointGAN',
            backbone=dict(type='ImageToSkeleton', width=args.width),
            decoder=dict(type='ConditionalDecoder', width=args.width),
            discriminator=dict(
                type='MultiScalePatchDiscriminator',
                width=2 * args.width,
                num_scales=args.scales),
            head=dict(
                type='SkeletonRegressor',
                size=args.size,
                backbone=dict(
                    type='SkeletonEncoder', widths=widths,
                    channels_last=fast),
                dtype='bfloat16' if fast else None,
                head=dict(
                    type='SkeletonHeatmapHead',
                    in_channels=widths[-1],
                    num_joints=15)),
            alpha=dict(type='SkeletonPreprocessor', size=args.size),
            gamma=dict(
                type='PlainVGGFeatures',
                weights='random',
                width=2 * args.width,
                layers=('image', 'conv1_2', 'conv2_2', 'conv3_2')),
            finetune=dict(real=0.9, fake=0.1),
            autocast='bfloat16' if fast else None,
            channels_last=fast)).train()
    # zero-mean weights of 0.02 would leave all losses at their constants
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.02 * torch.randn(p.shape, generator=generator))
    return model


def build_optimisers(model):
    """Three Adams with clipping, as published."""
    from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
    adam = dict(
        optimizer=dict(type='Adam', lr=2e-4, betas=(.5, .999)),
        clip_grad=dict(max_norm=1.))
    return OPTIM_WRAPPER_CONSTRUCTORS.build(
        dict(
            type='MultiOptimWrapperConstructor',
            optim_wrapper_cfg=dict(
                generator=dict(adam, modules=['backbone', 'decoder']),
                discriminator=adam,
                regressor=adam)))(model)


def make_batch(args, number: int) -> dict:
    """Images, second views and poses; random, for time does not depend."""
    import torch
    rng = torch.Generator().manual_seed(number)
    shape = (args.batch_size, 3, args.size, args.size)
    return dict(
        inputs=torch.rand(shape, generator=rng) * 2 - 1,
        condition=torch.rand(shape, generator=rng) * 2 - 1,
        poses=torch.rand(args.batch_size, 15, 2, generator=rng) * 1.6 - .8)


def product_step(model, optim, data: dict) -> dict:
    """The product's step, less the preprocessing."""
    return model.step(data, list(optim.values()))


def published_step(model, optim, data: dict) -> dict:
    """Three backward passes, each followed by its optimiser's step."""
    from flexpose_mm.models.keypointgan import lsgan_loss
    from flexpose_mm.models.seeding import frozen
    poses = data['poses'] + 1 / model.size
    drawn = model.alpha.render(poses)
    fake = model.translate(data['inputs'])
    with frozen(model.head), frozen(model.discriminator):
        clean = model.alpha.render(model.head.regress(fake)[0])
        restored = model.restore(clean, data['condition'])
        compared = model.perceptual(restored, data['inputs'])['normalized']
        log = dict(
            loss_gan=10 * lsgan_loss(model.discriminator(fake), 1.),
            loss_perceptual=10 * compared)
    optim['generator'].update_params(log['loss_gan'] + log['loss_perceptual'])
    fake = fake.detach()
    old = model.pool.query(fake, int(model.iteration))
    log['loss_d'] = (lsgan_loss(model.discriminator(drawn), 1.) +
                     lsgan_loss(model.discriminator(old), 0.)) / 2
    optim['discriminator'].update_params(log['loss_d'])
    own, other = model.head.regress(drawn)[0], model.head.regress(fake)[0]
    redrawn = model.alpha.render(other)
    log['loss_beta_real'] = .9 * (own - poses).square().mean()
    log['loss_beta_fake'] = .1 * (redrawn - fake).square().mean()
    optim['regressor'].update_params(log['loss_beta_real'] +
                                     log['loss_beta_fake'])
    model.iteration += 1
    return log


class Training:
    """One way to train, driven step by step."""

    def __init__(self, args, fast: bool, step):
        self.args, self.step = args, step
        self.model = build_model(args, fast)
        self.optim = build_optimisers(self.model)
        self.done, self.first = 0, None

    def run(self, steps: int) -> float:
        """Seconds per step over some steps."""
        batches = [make_batch(self.args, self.done + i) for i in range(steps)]
        start = time.perf_counter()
        for data in batches:
            log = self.step(self.model, self.optim, data)
            self.first = self.first or {
                k: float(v.detach())
                for k, v in log.items()
            }
        self.done += steps
        return (time.perf_counter() - start) / steps


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--blocks', type=int, default=5)
    parser.add_argument('--steps', type=int, default=3, help='per block')
    parser.add_argument('--size', type=int, default=128)
    parser.add_argument('--scales', type=int, default=3)
    parser.add_argument('--width', type=int, default=32)
    parser.add_argument('--batch-size', type=int, default=16)
    parser.add_argument(
        '--smoke', action='store_true', help='does it run? (no numbers)')
    args = parser.parse_args(argv)
    if args.smoke:
        args.blocks = args.steps = args.threads = 1
        args.size, args.scales, args.width, args.batch_size = 32, 1, 8, 2
    return args


def main(argv=None) -> int:
    """Print the table; 1 if a target was missed."""
    args = parse_args(argv)
    import torch
    from mmengine.registry import init_default_scope

    import flexpose_mm  # noqa: F401
    init_default_scope('mmpose')
    torch.set_num_threads(args.threads)
    ways = dict(
        published=Training(args, False, published_step),
        one_pass=Training(args, False, product_step),
        product=Training(args, True, product_step))
    for way in ways.values():
        way.run(1)  # first calls choose kernels
    times = {name: [] for name in ways}
    for _ in range(args.blocks):
        for name, way in ways.items():
            times[name].append(way.run(args.steps))
    print(f'torch {torch.__version__}, {args.threads} thread(s), '
          f'{args.size} px, width {args.width}, batch {args.batch_size}, '
          f'medians of {args.blocks} blocks of {args.steps} steps\n')
    print('| data flow | s per step | ratio | range | losses differ by % |')
    print('|---' * 5 + '|')
    ratio, apart = 1., 0.
    for name, way in ways.items():
        ratios = [a / b for a, b in zip(times['published'], times[name])]
        ratio = statistics.median(ratios)
        wanted = ways['published'].first
        apart = max(abs(way.first[k] - v) / max(abs(v), 1e-3)
                    for k, v in wanted.items())
        print(f'| {name} | {statistics.median(times[name]):.3f} | '
              f'{ratio:.2f} | {min(ratios):.2f} to {max(ratios):.2f} | '
              f'{100 * apart:.3f} |')
    print(f'\nRatio {ratio:.2f} (target {TARGET}); losses at equal weights '
          f'differ by at most {100 * apart:.2f} % (tolerance '
          f'{100 * TOLERANCE:.0f} %).')
    return int((ratio < TARGET or apart > TOLERANCE) and not args.smoke)


if __name__ == '__main__':
    sys.exit(main())
