# Step 2 of the warm start: the flow's poses as skeleton images of 32 px.
_base_ = ['../_base_/models/warm_start_32.py']
model = dict(
    teacher=dict(
        type='PoseFlow', checkpoint='work_dirs/flow_h36m/iter_3000.pth'))
