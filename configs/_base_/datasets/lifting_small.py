# Clips for two CPU cores: nine frames at 10 Hz last 0.9 s, as 45 at 50 Hz.
# Reading a clip takes 0.2 ms, less than passing it between processes.
_base_ = ['./lifting.py']
F = 9
loader = dict(batch_size=64, num_workers=0, persistent_workers=False)
test_loader = dict(batch_size=256, num_workers=0, persistent_workers=False)
