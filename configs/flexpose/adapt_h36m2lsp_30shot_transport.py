# Human3.6M -> LSP, 30 shots: the recommended adaptation.
_base_ = [
    './adapt_h36m2lsp_30shot.py', '../_base_/models/adapters/transport.py'
]
model = _base_.method
