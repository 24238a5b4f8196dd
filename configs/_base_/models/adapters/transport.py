# Beyond the paper: each code gets the pose that a Gaussian transport of the
# source's poses gives it, and the poses that beta reads are compared, too.
method = dict(
    tau_layers=(1, 2, 3, 4),
    pairing='transport',
    terms=[
        dict(type='PerceptualTerm', weight=0.1),
        dict(type='KeypointTerm', weight=10., spread_weight=1.)
    ])
