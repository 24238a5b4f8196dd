# The demo by LoRA of rank 8 on all style codes.
_base_ = ['../adapt_synthetic_12shot.py']
model = dict(type='LoRAAdapter', rank=8, tau_layers='all')
