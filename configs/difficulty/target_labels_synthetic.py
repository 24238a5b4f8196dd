# The bound: the control's training on labelled images of the target.
_base_ = ['./source_only_synthetic.py']
train_dataloader = dict(dataset=dict(source=dict(domain='target')))
