# MPII -> Human3.6M by LoRA of rank 8 on all style codes.
_base_ = ['../adapt_mpii2h36m_30shot.py']
model = dict(type='LoRAAdapter', rank=8, tau_layers='all')
