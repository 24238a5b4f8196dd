# The warm start at 32 px: half an hour on one CPU core.
_base_ = ['./warm_start.py', './stylegan_32_tiny.py']
model = dict(
    generator=_base_.generator,
    data_preprocessor=_base_.data_preprocessor,
    images_per_scale=dict(_delete_=True, **{'16': 96000, '32': 10**9}))
