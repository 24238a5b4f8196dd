# Beyond the paper: each code gets the pose that a Gaussian transport of the
# source's poses gives it. With a target for any code, the layers of 4 and 8
# px can learn without fitting the shots.
method = dict(tau_layers=(1, 2, 3, 4), pairing='transport')
