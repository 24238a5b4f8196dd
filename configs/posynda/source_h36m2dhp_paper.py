# Stage 1 of Tables 2 and 3 at full size: Human3.6M, ground-truth 2D, F = 27;
# also the source of 3DPW. D3DP's batch has 1024 frames.
_base_ = [
    '../_base_/models/mixste.py',
    '../_base_/datasets/h36m2dhp_lifting_official.py'
]
epoch_iters = 3120
model = dict(backbone=dict(denoiser=dict(num_frames=27)))
train_dataloader = dict(batch_size=37)
param_scheduler = dict(step_size=epoch_iters)
train_cfg = dict(max_iters=400 * epoch_iters, val_interval=400 * epoch_iters)
