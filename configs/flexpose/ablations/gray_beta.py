# Grey skeletons, step 1: a regressor that reads them.
_base_ = ['../beta_mpii_64.py']
model = dict(data_preprocessor=dict(colors='gray'))
