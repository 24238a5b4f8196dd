# Source A+B+C, step 2: a prior that draws the flow's poses.
_base_ = ['../warmstart_cmu_32.py']
model = dict(
    teacher=dict(checkpoint='work_dirs/three_sources_flow/iter_3000.pth'))
