# 60 shots: 4 of each of 15 actions.
_base_ = ['../adapt_mpii2h36m_30shot.py']
shots = dict(n_per_class=4)
train_dataloader = dict(dataset=dict(dataset=shots))
val_evaluator = dict(controls=dict(T=shots, T_star=dict(dataset=shots)))
test_evaluator = val_evaluator
