# Grey skeletons, step 1: a regressor that reads them.
_base_ = ['../beta_cmu_32.py']
model = dict(data_preprocessor=dict(colors='gray'))
