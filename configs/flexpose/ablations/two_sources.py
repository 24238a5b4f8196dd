# Table 4, source A+B: adaptation, after the flow, the prior and beta.
_base_ = ['../adapt_cmu2h36m_30shot.py']
beta = dict(checkpoint='work_dirs/two_sources_beta/iter_3000.pth')
model = dict(
    generator=dict(
        checkpoint='work_dirs/two_sources_prior/iter_18000.pth'),
    regressor=beta,
    gamma=dict(regressor=beta))
