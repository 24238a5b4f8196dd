# Which layer carries what (the paper's figures 4 and 9): tau at one layer at
# a time, on targets as they are, rotated, with one leg turned up, and scaled.
base = 'configs/demo/adapt_synthetic_12shot.py'
options = dict(
    train_cfg=dict(max_iters=100),
    param_scheduler=dict(end=100),
    model=dict(pool_size=1000))
methods = {
    'as it is':
    dict(),
    'pose rotated':
    dict(options={'train_dataloader.dataset.shot_pipeline':
                  [dict(type='RotatePose', angle=(-45, 45))]}),
    'leg rotated':
    dict(options={'train_dataloader.dataset.shot_pipeline':
                  [dict(type='RotateLeg', angle=(135, 225))]}),
    'scaled':
    dict(options={'train_dataloader.dataset.shot_pipeline':
                  [dict(type='ScalePose', factor=((.7, .9), (1.1, 1.2)))]})
}
layers = [1, 2, 3, 4, 5, 6, 7, 8]
seeds = [0, 1, 2]
num = 0  # the reconstruction loss only
# Figures 4 and 9: l = 3 is lowest as it is, 3 and 4 under rotation and scale,
# 5 and 6 with a leg turned; l <= 2 and l >= 8 have little effect.
claims = [
    dict(
        says=f'{name}: layer {of} does worse than {over}',
        of=dict(set=name, layers=of),
        over=dict(set=name, layers=over),
        column='reconstruction')
    for name, of, over in [('as it is', 1, 3), ('as it is', 2, 3),
                           ('as it is', 5, 3), ('as it is', 8, 3),
                           ('pose rotated', 1, 3), ('pose rotated', 5, 3),
                           ('pose rotated', 8, 3), ('leg rotated', 3, 5),
                           ('leg rotated', 8, 5), ('scaled', 1, 3),
                           ('scaled', 5, 3), ('scaled', 8, 3)]
]
