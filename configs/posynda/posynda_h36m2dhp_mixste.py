# Stage 2 of source_h36m2dhp_mixste.py; LoRA is on the attention's layers.
_base_ = ['./posynda_h36m2dhp.py', '../_base_/models/mixste_small.py']
model = dict(
    backbone=dict(
        checkpoint='work_dirs/source_h36m2dhp_mixste/iter_6000.pth',
        denoiser=dict(_delete_=True, **_base_.mixste_small)))
