# The paper's Table 4 from CMU to Human3.6M at 32 px: layer sets, mixup and
# linearity; `shots.py` has the number of shots.
base = 'configs/flexpose/adapt_cmu2h36m_30shot.py'
_alone = dict(  # the 30 shots, no mixture
    train_dataloader=dict(
        dataset=dict(include_shots=True, size=1, indices=30)))
_bent = dict(model=dict(type='NonlinearAdapter'))
methods = {
    'FlexPose': dict(layers=[3, (1, 3), (3, 5), 'all']),
    'no mixup': dict(options=_alone, layers=[3, 'all']),
    'no linear': dict(options=_bent, layers=[3]),
    'no mixup no linear': dict(options=dict(_alone, **_bent), layers=['all'])
}
seeds = [0, 1, 2]
shots = [2]
num = 10000
