# The embedded comparison (`make compare`): every method on the shipped prior,
# with trainings short enough for a laptop.
base = 'configs/demo/adapt_synthetic_12shot.py'
options = dict(
    train_cfg=dict(max_iters=100),
    param_scheduler=dict(end=100),
    model=dict(pool_size=1000))
methods = dict(
    Direct=dict(
        options=dict(
            model=dict(type='DirectTransfer'), train_cfg=dict(max_iters=1))),
    FreezeD=dict(
        config='configs/demo/rivals/freezed_12shot.py',
        options=dict(model=dict(warmup_iters=60))),
    AdaGAN='configs/demo/rivals/adagan_12shot.py',
    LoRA='configs/demo/rivals/lora_12shot.py',
    FlexPose=dict(),
    Transport='configs/demo/adapt_synthetic_12shot_transport.py')
seeds = [0, 1, 2]
num = 1000
claims = [
    dict(
        says='the default adapter does best',
        of=name,
        over='Transport',
        column=c)
    for c in ('FD', 'MMD2') for name in methods if name != 'Transport'
]
