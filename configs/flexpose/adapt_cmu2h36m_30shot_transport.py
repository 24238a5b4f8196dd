# CMU's motion -> Human3.6M, 30 shots: the recommended adaptation.
_base_ = [
    './adapt_cmu2h36m_30shot.py', '../_base_/models/adapters/transport.py'
]
model = _base_.method
