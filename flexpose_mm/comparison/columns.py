"""What is measured of each set of a comparison."""

#: Column -> digits after the point, and what it says.
COLUMNS = dict(
    FD=(4, 'squared Frechet distance of Gaussians fitted to the 2K '
        'coordinates in [-1, 1]; lower is better'),
    MMD2=(4, 'unbiased squared MMD, RBF kernel of gamma 1/(2K); lower is '
          'better'),
    MMD2_median=(4, 'the same with gamma from the median distance of the '
                 'held-back target'),
    var_ratio=(3, 'trace of the covariance over that of the target; 1 is as '
               'spread as the target'),
    coverage=(3, 'share of target poses with a drawn pose within their 5th '
              'neighbour; higher is better'),
    density=(3, 'drawn poses within such balls, over 5; about 1 for the '
             'target itself'),
    shot_ratio=(3, 'mean distance to the nearest shot over that of held-back '
                'target poses; 0 copies the shots'),
    reconstruction=(4, 'perceptual loss on T* after training, in units of '
                    "the target's energy"),
    trainable=(0, 'parameters that learn'),
    seconds=(1, 'training, preparation included'),
    memory_mib=(0, 'largest resident size of the process until the end of '
                'training, MiB, libraries included'),
    gpu_mib=(0, 'largest memory allocated on the GPU, MiB'))
