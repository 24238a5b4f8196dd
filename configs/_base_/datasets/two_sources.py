# Source A+B of Table 4: CMU's motion and MPII's persons.
_base_ = ['./cmu_poses.py', './mpii_persons.py']
sources = dict(type='ConcatDataset', datasets=[_base_.source, _base_.mpii])
