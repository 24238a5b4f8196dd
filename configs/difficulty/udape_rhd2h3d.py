# UDAPE, RHD to Hand-3D-Studio, with all source poses alike.
_base_ = [
    '../_base_/models/udape.py', '../_base_/datasets/rhd2h3d.py'
]
model = dict(rotation=180., head=dict(out_channels=21))
