# Source A+B, step 2: a prior that draws the flow's poses.
_base_ = ['../warmstart_cmu_32.py']
model = dict(
    teacher=dict(checkpoint='work_dirs/two_sources_flow/iter_3000.pth'))
