# Table 4, row 7: not sparse, not mixed, not linear.
_base_ = ['./layers_all_no_mixup.py']
model = dict(type='NonlinearAdapter')
