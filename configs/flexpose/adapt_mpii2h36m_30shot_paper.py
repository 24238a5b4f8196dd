# The paper's recipe: random codes, VGG-16, lr 0.1, batch 128, 1000 steps.
_base_ = ['./adapt_mpii2h36m_30shot.py']
model = dict(
    anchor_codes='random',
    gamma=dict(_delete_=True, type='VGGFeatures', weights='imagenet'))
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(_delete_=True, type='ConstantLR', factor=1.)
