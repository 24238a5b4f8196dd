# UDAPE, SURREAL to LSP, with all source poses alike.
_base_ = [
    '../_base_/models/udape.py', '../_base_/datasets/surreal2lsp.py'
]
