# All methods, Human3.6M -> LSP, at 32 px; two minutes per run on a CPU core.
base = 'configs/flexpose/adapt_h36m2lsp_30shot.py'
# DirectTransfer is the row "source generator" of every comparison.
methods = dict(
    FreezeD=dict(
        config='configs/flexpose/rivals/h36m2lsp_freezed.py',
        options=dict(model=dict(warmup_iters=250))),
    AdaGAN='configs/flexpose/rivals/h36m2lsp_adagan.py',
    LoRA=dict(
        options=dict(
            model=dict(type='LoRAAdapter', rank=8, tau_layers='all'))),
    FlexPose_random=dict(options=dict(model=dict(anchor_codes='random'))),
    FlexPose=dict(),
    Transport='configs/flexpose/adapt_h36m2lsp_30shot_transport.py')
seeds = [0, 1, 2]
shots = [30]
num = 10000
claims = [
    dict(
        says='the default adapter does best',
        of=name,
        over='Transport',
        column=c)
    for c in ('FD', 'MMD2') for name in methods if name != 'Transport'
]
