# All methods from MPII to Human3.6M S1, S5, S6; S7 judges. One length of
# training for all, which two CPU cores can repeat in two hours; with a GPU
# take 1000 iterations of 128 and add
# paper='configs/flexpose/adapt_mpii2h36m_30shot_paper.py', which loads VGG-16.
base = 'configs/flexpose/adapt_mpii2h36m_30shot.py'
options = dict(
    train_dataloader=dict(batch_size=32),
    train_cfg=dict(max_iters=600, val_interval=600),
    param_scheduler=dict(end=600))
# DirectTransfer is the row "source generator" of every comparison.
methods = dict(
    FreezeD=dict(
        config='configs/flexpose/rivals/freezed.py',
        options=dict(model=dict(warmup_iters=250))),
    AdaGAN='configs/flexpose/rivals/adagan.py',
    LoRA='configs/flexpose/rivals/lora.py',
    # the paper's pairing: a random code for each shot
    FlexPose_random=dict(options=dict(model=dict(anchor_codes='random'))),
    FlexPose=dict(),
    Transport='configs/flexpose/adapt_mpii2h36m_30shot_transport.py')
seeds = [0, 1, 2]
shots = [2]
num = 10000
claims = [
    dict(
        says='the default adapter does best',
        of=name,
        over='Transport',
        column=c)
    for c in ('FD', 'MMD2') for name in methods if name != 'Transport'
]
