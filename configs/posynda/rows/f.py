# Table 3, row +F: all weights learn, one hypothesis is the label (the row of
# the bias has Table 6's figure at H = 1, so that all rows before the last do).
_base_ = ['../posynda_h36m2dhp.py']
model = dict(adaptation=dict(lora=None, bias=False, hypotheses=1))
