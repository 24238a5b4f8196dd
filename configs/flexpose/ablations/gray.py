# Grey skeletons, step 3: adaptation. Train gray_beta and gray_prior first.
_base_ = ['../adapt_cmu2h36m_30shot.py']
beta = dict(checkpoint='work_dirs/gray_beta/iter_3000.pth')
model = dict(
    data_preprocessor=dict(colors='gray'),
    generator=dict(checkpoint='work_dirs/gray_prior/iter_18000.pth'),
    regressor=beta,
    gamma=dict(regressor=beta))
