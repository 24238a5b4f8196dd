# The paper's Table 4 from MPII to Human3.6M: layer sets, mixup, linearity and
# the number of shots.
base = 'configs/flexpose/adapt_mpii2h36m_30shot.py'
methods = {
    'FlexPose': dict(layers=[3, (1, 3), (3, 5), 'all']),
    'no linear': 'configs/flexpose/ablations/no_linear.py'
}
seeds = [0, 1, 2]
shots = [1, 2, 4]
num = 10000
