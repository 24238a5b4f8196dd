# Table 3, row +LoRA.
_base_ = ['../posynda_h36m2dhp.py']
model = dict(adaptation=dict(bias=False, hypotheses=1))
