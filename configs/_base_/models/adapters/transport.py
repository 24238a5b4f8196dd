# Beyond the paper: each code gets the pose that a Gaussian transport of the
# source's poses gives it. With a target for any code, all layers can learn
# without fitting the shots; a low rank, I + B A, keeps each map near what few
# poses can tell.
method = dict(
    type='LoRAAdapter', pairing='transport', rank=8, tau_layers='all')
