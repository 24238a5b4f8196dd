# RegDA, SURREAL to LSP, with all source poses alike.
_base_ = [
    '../_base_/models/regda.py', '../_base_/datasets/surreal2lsp.py'
]
# LSP has no pelvis and thorax; its images are not augmented
model = dict(absent_target_joints=(6, 7), augment_target=False)
