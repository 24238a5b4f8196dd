# LSP: sports, 14 joints, the pelvis is the middle of the hips. Shots are
# drawn from the first half, the second judges.
target = dict(
    type='KeypointArrayDataset',
    ann_file='lsp_2d_dev.npz',
    data_root='../shared/data/',
    mapping='lsp14',
    indices=500)
judge = dict(target, indices=-500)
