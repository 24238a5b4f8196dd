# Table 4, row 6: neither sparse nor mixed.
_base_ = ['./no_mixup.py']
model = dict(tau_layers='all')
