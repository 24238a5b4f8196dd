# The control: UDAPE's first phase to the end, no style, no target image.
_base_ = ['./udape_synthetic.py']
model = dict(pretrain_iters=_base_.max_iters, style=None)
