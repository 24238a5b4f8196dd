# Human3.6M -> LSP by AdaGAN: scales, shifts and a code for each pose of T*.
_base_ = [
    '../adapt_h36m2lsp_30shot.py', '../../_base_/models/adapters/adagan.py'
]
model = _base_.method
optim_wrapper = _base_.method_optim
