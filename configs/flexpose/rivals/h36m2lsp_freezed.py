# Human3.6M -> LSP by FreezeD, adversarially on T*.
_base_ = [
    '../adapt_h36m2lsp_30shot.py', '../../_base_/models/adapters/freezed.py'
]
model = dict(discriminator=_base_.discriminator, **_base_.method)
optim_wrapper = dict(_delete_=True, **_base_.method_optim)
