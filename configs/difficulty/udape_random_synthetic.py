# The control of VAE-HM: as many source poses, drawn without a look at them.
_base_ = ['./udape_synthetic.py']
train_dataloader = dict(dataset=dict(source=dict(size=3960)))
