# All methods, CMU's motion -> Human3.6M, at 32 px; two minutes per run on a CPU core.
base = 'configs/flexpose/adapt_cmu2h36m_30shot.py'
# DirectTransfer is the row "source generator" of every comparison.
methods = dict(
    FreezeD=dict(
        config='configs/flexpose/rivals/cmu2h36m_freezed.py',
        options=dict(model=dict(warmup_iters=250))),
    AdaGAN='configs/flexpose/rivals/cmu2h36m_adagan.py',
    LoRA=dict(
        options=dict(
            model=dict(type='LoRAAdapter', rank=8, tau_layers='all'))),
    FlexPose_random=dict(options=dict(model=dict(anchor_codes='random'))),
    FlexPose=dict(),
    FlexPose_ot=dict(options=dict(model=dict(anchor_codes='ot'))),
    # the transport with a full tau of the 4 and 8 px layers
    Transport_full=dict(
        options=dict(
            model=dict(pairing='transport', tau_layers=(1, 2, 3, 4)),
            optim_wrapper=dict(optimizer=dict(lr=0.005)))),
    Transport='configs/flexpose/adapt_cmu2h36m_30shot_transport.py')
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
