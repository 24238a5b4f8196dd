# The control of VAE-HM: as many source poses, drawn without a look at them.
_base_ = ['./regda_synthetic.py']
train_dataloader = dict(dataset=dict(source=dict(size=3960)))
