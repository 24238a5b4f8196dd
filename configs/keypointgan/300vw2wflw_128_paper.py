# Faces: WFLW's photographs without their labels, a bank of 300-VW's poses
# (Direct), both in the 68 points that they share; the published network, for
# a GPU. MMPose's wflw2coco.py and 300vw2coco.py write the files.
_base_ = ['./h36m_128_paper.py']
dataset_type = 'Face300VWDataset'
model = dict(
    head=dict(head=dict(num_joints=68)),
    alpha=dict(skeleton='face68', line_width=2.),
    left_right=None)  # nobody takes a face for its mirror image
bank = dict(
    type='Face300VWDataset',
    data_root='data/300vw/',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'))
faces = dict(
    type='WFLWDataset',
    data_root='data/wflw/',
    data_prefix=dict(img='images/'))
# the boxes of WFLW have a margin already: a quarter, as the bank's canvas
crop = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale', padding=1.),
    dict(type='TopdownAffine', input_size=(_base_.size, _base_.size))
]
custom_hooks = [
    *_base_.hooks,
    dict(type='PoseBankHook', poses=bank, padding=1.25)
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='UnpairedPoseImageDataset',
        dataset=dict(
            faces, ann_file='annotations/face_landmarks_wflw_train.json'),
        pipeline=crop,
        condition_pipeline=[dict(type='ThinPlateWarp')]))
val_cfg = dict(_delete_=True, type='ValLoop')
val_dataloader = dict(
    _delete_=True,
    batch_size=32,
    num_workers=8,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='CombinedDataset',
        metainfo=dict(from_file='configs/_base_/datasets/300vw.py'),
        datasets=[
            dict(
                faces,
                ann_file='annotations/face_landmarks_wflw_test.json',
                test_mode=True,
                pipeline=[dict(type='MapJoints', mapping='wflw98')])
        ],
        pipeline=[*crop, dict(type='PackPoseInputs')],
        test_mode=True))
# distances over that of the outer corners of the eyes
val_evaluator = [
    dict(type='KeypointError', references=('crop', 'box')),
    dict(
        type='NME', norm_mode='keypoint_distance', keypoint_indices=[36, 45])
]
test_cfg = dict(_delete_=True, type='TestLoop')
test_dataloader, test_evaluator = dict(val_dataloader), val_evaluator
