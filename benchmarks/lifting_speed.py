"""Lifting and adaptation steps against D3DP's published data flow.

Published: in each of K denoising steps the 2D is repeated for H hypotheses
and concatenated with the noisy poses, attention is softmax(q k) v by three
operations on full matrices, and the mirrored clips go through the network in
a second pass. An adaptation step asks the teacher for one hypothesis after
another, as Algorithm 1 is written. Product: `PoSynDALifter`'s own code. Both
have the same weights and noise; blocks alternate (A B A B ...), so that what
else the machine does meets both. Poses must agree within 1e-4 m.

    python benchmarks/lifting_speed.py [--threads 2] [--blocks 5]
        [--model small|full] [--frames 243] [--growth] [--smoke]
"""
import argparse
import copy
import os
import statistics
import sys
import time

TARGET = 2.
TOLERANCE = 1e-4  # metres; for losses, relative
SIZES = dict(
    small=dict(embed_dims=64, depth=4, num_heads=4),
    full=dict(embed_dims=512, depth=8),
    tiny=dict(embed_dims=16, depth=1, num_heads=2))


def plain_attention(layer, x):
    """softmax(q k^T / sqrt(d)) v with every matrix written out."""
    n, length, dims = x.shape
    heads = layer.num_heads
    qkv = layer.qkv(x).reshape(n, length, 3, heads, dims // heads)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)
    weights = (q @ k.transpose(-2, -1)) * (dims // heads)**-.5
    x = weights.softmax(-1) @ v
    return layer.proj(x.transpose(1, 2).reshape(n, length, dims))


def build_published():
    """Classes with the published data flow on the product's weights."""
    import torch
    from torch import nn

    from flexpose_mm.models.lifting import GaussianDiffusion
    from flexpose_mm.models.lifting.diffusion import flip_pose

    class PublishedMixSTE(nn.Module):
        """MixSTE of D3DP's evaluation, step by step."""

        def __init__(self, net):
            super().__init__()
            self.net = net
            self.num_joints, self.num_frames = net.num_joints, net.num_frames

        def forward(self, keypoints, poses, t):
            net = self.net
            if poses.dim() == 4:
                return self(keypoints, poses[:, None], t)[:, 0]
            b, h, f, j, _ = poses.shape
            seen = keypoints[:, None].repeat(1, h, 1, 1, 1)
            x = torch.cat([seen, poses], -1).reshape(b * h * f, j, 5)
            x = net.Spatial_patch_to_embedding(x) + net.Spatial_pos_embed
            time = net.time_mlp(t)[:, None, None, None]
            time = time.repeat(1, h, f, j, 1).reshape(b * h * f, j, -1)
            x = x + time
            for i in range(net.depth):
                x = net.Spatial_norm(self.block(net.STEblocks[i], x))
                x = x.reshape(b * h, f, j, -1).transpose(1, 2)
                x = x.reshape(b * h * j, f, -1)
                if i == 0:
                    x = x + net.Temporal_pos_embed
                x = net.Temporal_norm(self.block(net.TTEblocks[i], x))
                x = x.reshape(b * h, j, f, -1).transpose(1, 2)
                x = x.reshape(b * h * f, j, -1)
            return net.head(x).reshape(b, h, f, j, 3)

        @staticmethod
        def block(block, x):
            x = x + block.drop(plain_attention(block.attn, block.norm1(x)))
            hidden = nn.functional.gelu(block.mlp.fc1(block.norm2(x)))
            return x + block.drop(block.mlp.fc2(hidden))

    class PublishedDiffusion(GaussianDiffusion):
        """Two passes for the mirror average."""

        def denoise_flip(self, keypoints, noisy, t):
            flip = self.flip_indices
            straight = self.denoise(keypoints, noisy, t)
            mirrored = self.denoise(
                flip_pose(keypoints, flip), flip_pose(noisy, flip), t)
            return (straight + flip_pose(mirrored, flip)) / 2

    return PublishedMixSTE, PublishedDiffusion


def build_pair(model: str, frames: int):
    """The product's diffusion and the published one, of equal weights."""
    import torch
    from mmpose.registry import MODELS
    torch.manual_seed(0)
    ours = MODELS.build(
        dict(
            type='GaussianDiffusion',
            denoiser=dict(
                type='MixSTE', num_frames=frames, drop_path_rate=0.,
                **SIZES[model])))
    denoiser, diffusion = build_published()
    theirs = diffusion(denoiser(copy.deepcopy(ours.pose_estimator)))
    return ours.eval(), theirs.eval()


def clips(batch: int, frames: int):
    """Random keypoints (B, F, J, 2); time does not depend on them."""
    import torch
    rng = torch.Generator().manual_seed(1)
    return torch.rand(batch, frames, 17, 2, generator=rng) - .5


def time_pair(ours, theirs, blocks: int):
    """Median seconds of both, median ratio, smallest and largest."""
    ours(), theirs()  # first calls choose kernels
    times = []
    for _ in range(blocks):
        row = []
        for call in (ours, theirs):
            start = time.perf_counter()
            call()
            row.append(time.perf_counter() - start)
        times.append(row)
    ratios = [b / a for a, b in times]
    a, b = (statistics.median(column) for column in zip(*times))
    return a, b, statistics.median(ratios), min(ratios), max(ratios)


def lift(args, model: str, frames: int, hypotheses: int, steps: int):
    """One row: lifting a batch of clips with flip."""
    import torch
    ours, theirs = build_pair(model, frames)
    keypoints = clips(args.batch_size, frames)
    noise = torch.randn(args.batch_size, steps, hypotheses, frames, 17, 3)

    def run(diffusion):
        return diffusion(keypoints, noise, flip=True)

    with torch.inference_mode():
        apart = (run(ours) - run(theirs)).abs().max().item()
        found = time_pair(lambda: run(ours), lambda: run(theirs), args.blocks)
    name = f'lift, {model}, F={frames}, H={hypotheses}, K={steps}'
    return name, found, apart


def one_hypothesis_at_a_time():
    """A teacher that asks for one hypothesis after another."""
    import torch

    from flexpose_mm.models.lifting.teacher import Teacher

    class OneByOne(Teacher):

        def forward(self, student, keypoints, noise, **kwargs):
            ask = super().forward
            return torch.cat([
                ask(student, keypoints, part, **kwargs)
                for part in noise.split(1, 2)
            ], 2)

    return OneByOne()


class Adaptation:
    """Steps of Algorithm 1 on one of the two diffusion models."""

    def __init__(self, args, diffusion, frames: int, hypotheses: int,
                 one_by_one: bool):
        import torch

        from flexpose_mm.models.lifting import (PoSynDAAdaptation,
                                                inject_lora)
        from flexpose_mm.models.lifting.clips import ClipBatch
        net = getattr(diffusion.pose_estimator, 'net',
                      diffusion.pose_estimator)
        diffusion.requires_grad_(False)
        torch.manual_seed(2)
        inject_lora(net, 4)
        self.diffusion, diffusion.has_weights = diffusion, True
        learn = [diffusion.add_bias().weight] + [
            p for p in net.parameters() if p.requires_grad]
        self.optimiser = torch.optim.Adam(learn, lr=1e-4)
        self.core = PoSynDAAdaptation(lora=None, bias=False,
                                      hypotheses=hypotheses)
        if one_by_one:
            self.core.teacher = one_hypothesis_at_a_time()
        lens = torch.tensor([2.29, 2.29, .03, .03, -.2, .2, 0, 0, 0])
        keypoints = clips(args.batch_size, frames)
        poses = torch.randn(*keypoints.shape[:3], 3) * .2
        poses[..., 0, :] = 0
        weights = torch.ones_like(keypoints[..., 0])
        self.clips = ClipBatch(keypoints, weights, poses, weights,
                               lens.expand(args.batch_size, 9))
        self.iteration = 0

    def step(self) -> float:
        """Loss, gradients, Adam."""
        from flexpose_mm.models.lifting.draws import Draws
        draws = Draws(0, self.iteration, len(self.clips.keypoints), 'cpu')

        def distance(output, target, weights):
            return (output - target).norm(dim=-1).mean()

        loss = self.core.loss(self.diffusion, distance, self.clips,
                              self.clips, draws)['loss_pose']
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.iteration += 1
        return loss.item()


def adapt(args, model: str, frames: int, hypotheses: int):
    """One row: a training step of stage 2."""
    pair = build_pair(model, frames)
    ours, theirs = (
        Adaptation(args, diffusion, frames, hypotheses, one_by_one)
        for diffusion, one_by_one in zip(pair, (False, True)))
    apart = max(abs(a / b - 1) for a, b in
                [(ours.step(), theirs.step()) for _ in range(2)])
    found = time_pair(ours.step, theirs.step, args.blocks)
    return f'adapt, {model}, F={frames}, H={hypotheses}', found, apart


def rows(args):
    """(function, arguments) of each row; the first two are judged."""
    model, frames = args.model, args.frames
    yield lift, (model, frames, 3, 5)
    yield adapt, (model, frames, 3)
    if args.growth:
        for other in (27, 81, 243):
            if other != frames:
                yield lift, (model, other, 3, 5)
        for hypotheses in (1, 6):
            yield lift, (model, frames, hypotheses, 5)
        for steps in (1, 10):
            yield lift, (model, frames, 3, steps)


def parse_args(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    parser.add_argument('--blocks', type=int, default=5)
    parser.add_argument('--model', choices=sorted(SIZES), default='small')
    parser.add_argument('--frames', type=int, default=243)
    parser.add_argument('--batch-size', type=int, default=1, help='clips')
    parser.add_argument(
        '--growth', action='store_true', help='also other F, H and K')
    parser.add_argument(
        '--smoke', action='store_true', help='does it run? (no numbers)')
    args = parser.parse_args(argv)
    if args.smoke:
        args.blocks, args.model, args.frames = 1, 'tiny', 9
    return args


def main(argv=None) -> int:
    """Print the table; 1 if a target was missed."""
    args = parse_args(argv)
    import torch
    from mmengine.registry import init_default_scope

    import flexpose_mm  # noqa: F401
    init_default_scope('mmpose')
    torch.set_num_threads(args.threads)
    print(f'torch {torch.__version__}, {args.threads} thread(s), '
          f'{SIZES[args.model]}, {args.batch_size} clip(s), flip; medians of '
          f'{args.blocks} blocks\n')
    print('| what | s | published s | ratio | range | differ by |')
    print('|---' * 6 + '|')
    ratios, differences = [], []
    for function, arguments in rows(args):
        name, (a, b, ratio, low, high), apart = function(args, *arguments)
        print(f'| {name} | {a:.3f} | {b:.3f} | {ratio:.2f} | {low:.2f} to '
              f'{high:.2f} | {apart:.1e} |', flush=True)
        ratios.append(ratio)
        differences.append(apart)
    print(f'\nRatios {ratios[0]:.2f} and {ratios[1]:.2f} (target {TARGET}); '
          f'largest difference {max(differences):.1e} (tolerance '
          f'{TOLERANCE:.0e}).')
    missed = min(ratios[:2]) < TARGET or max(differences) > TOLERANCE
    return int(missed and not args.smoke)


if __name__ == '__main__':
    sys.exit(main())
