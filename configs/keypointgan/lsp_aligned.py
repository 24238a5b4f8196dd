# Aligned: the bank holds LSP's own poses, of other persons than those in the
# images.
_base_ = ['./lsp_direct.py']
bank = dict(
    type='KeypointArrayDataset',
    ann_file='lsp_2d_dev.npz',
    data_root=_base_.data_root,
    mapping='lsp14')
custom_hooks = [
    *_base_.hooks,
    dict(type='PoseBankHook', poses=bank, **_base_.jitter)
]
