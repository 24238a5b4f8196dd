# Grey skeletons, step 2: a prior that draws them.
_base_ = ['../warmstart_cmu_32.py']
model = dict(data_preprocessor=dict(colors='gray'))
