# RegDA, SURREAL to Human3.6M, with all source poses alike.
_base_ = [
    '../_base_/models/regda.py', '../_base_/datasets/surreal2h36m.py'
]
# 10 epochs of adaptation
train_cfg = dict(max_iters=40000)
