# The demo's adaptation with transported poses; see the base of that name.
_base_ = [
    './adapt_synthetic_12shot.py', '../_base_/models/adapters/transport.py'
]
model = _base_.method
optim_wrapper = dict(optimizer=dict(lr=0.01))
