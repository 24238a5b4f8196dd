# UDAPE, SURREAL to Human3.6M, with all source poses alike.
_base_ = [
    '../_base_/models/udape.py', '../_base_/datasets/surreal2h36m.py'
]
