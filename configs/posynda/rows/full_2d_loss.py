# Not in Table 3: stage 2 with the released code's 2D loss, here normalised.
_base_ = ['../posynda_h36m2dhp.py']
model = dict(adaptation=dict(projection_weights=(.1, .5)))
