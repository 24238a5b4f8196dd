# MPII alone as source.
_base_ = ['./mpii_persons.py']
pipeline = _base_.mpii['pipeline']
source = _base_.mpii
source_val = dict(_base_.mpii, select=dict(in_hg_val=[True]))
