# FD against the number of shots: 15, 30 and 60, from CMU to Human3.6M.
base = 'configs/flexpose/adapt_cmu2h36m_30shot.py'
methods = dict(
    FlexPose=dict(),
    Transport='configs/flexpose/adapt_cmu2h36m_30shot_transport.py')
seeds = [0, 1, 2]
shots = [1, 2, 4]
num = 10000
