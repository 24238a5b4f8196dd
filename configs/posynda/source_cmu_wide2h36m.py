# Stage 1 on CMU motion capture, seen by wider lenses than the target's: those
# of phones. Here the gap is also one of place and size.
_base_ = ['./source_cmu2h36m.py']
train_dataloader = dict(dataset=dict(zoom=.6))
