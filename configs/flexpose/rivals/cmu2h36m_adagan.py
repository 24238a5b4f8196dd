# CMU's motion -> Human3.6M by AdaGAN: scales, shifts and a code for each pose of T*.
_base_ = [
    '../adapt_cmu2h36m_30shot.py', '../../_base_/models/adapters/adagan.py'
]
model = _base_.method
optim_wrapper = _base_.method_optim
