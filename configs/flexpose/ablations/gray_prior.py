# Grey skeletons, step 2: a prior that draws them.
_base_ = ['../warmstart_mpii_64.py']
model = dict(data_preprocessor=dict(colors='gray'))
