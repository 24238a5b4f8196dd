# beta of the demo, 32 px; wider than at 64 px, for the same map of 8 x 8 cells.
_base_ = ['./beta_synthetic_64.py']
widths = (24, 48, 96)
beta = dict(
    size=32,
    backbone=dict(widths=widths),
    head=dict(in_channels=widths[-1]))
model = dict(data_preprocessor=dict(size=32, line_width=2.), **beta)
