# beta at 32 px, for the demo; wider than at 64 px, for the same map of 8 x 8.
_base_ = ['./beta_64.py']
widths = (24, 48, 96)
beta = dict(
    size=32, backbone=dict(widths=widths), head=dict(in_channels=widths[-1]))
beta_canvas = dict(size=32, line_width=2.)
