# beta of the demo, 32 px; maps of 16 x 16 cells keep it exact.
_base_ = ['./beta_synthetic_64.py']
widths = (24, 48)
beta = dict(
    size=32,
    backbone=dict(widths=widths),
    head=dict(in_channels=widths[-1]))
model = dict(data_preprocessor=dict(size=32, line_width=2.), **beta)
