# Images of the synthetic target domain: videos to learn from, without their
# poses, and persons of another seed stream to judge by. No download.
image_loader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True))
videos = dict(
    type='SyntheticVideoDataset',
    domain='target',
    videos=500,
    frames=8,
    images=True,
    image_size=96)
judged = dict(
    type='SyntheticPoseDataset',
    domain='target',
    split='test',
    size=500,
    images=True,
    image_size=96,
    test_mode=True)
