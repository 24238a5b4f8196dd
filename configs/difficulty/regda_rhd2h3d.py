# RegDA, RHD to Hand-3D-Studio, with all source poses alike.
_base_ = [
    '../_base_/models/regda.py', '../_base_/datasets/rhd2h3d.py'
]
hand = dict(out_channels=21)
model = dict(rotation=180., head=hand, head_adv=hand, pretrain_head=hand)
