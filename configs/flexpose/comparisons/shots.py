# FD against the number of shots: 15, 30 and 60, from CMU to Human3.6M.
base = 'configs/flexpose/adapt_cmu2h36m_30shot.py'
methods = dict(
    FlexPose=dict(),
    Transport='configs/flexpose/adapt_cmu2h36m_30shot_transport.py')
seeds = [0, 1, 2]
shots = [1, 2, 4]
num = 10000
# Table 4, #8 to #10: four times the shots make no obvious difference.
claims = [
    dict(
        says=f'{name}: 15 shots do about as well as 60',
        of=dict(set=name, shots=1),
        over=dict(set=name, shots=4),
        least=0.9,
        most=1.1) for name in methods
]
