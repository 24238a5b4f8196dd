# Table 3, row +bias; the last row, with H = 3, is posynda_h36m2dhp.py, the
# first, source only, is the test of source_h36m2dhp.py.
_base_ = ['../posynda_h36m2dhp.py']
model = dict(adaptation=dict(hypotheses=1))
