# SURREAL (labelled) and Human3.6M (not labelled), 16 joints in MPII's order.
# The files are made by tools/dataset_converters/adaptation_to_coco.py.
_base_ = ['./surreal2lsp.py']
train_dataloader = dict(
    dataset=dict(target=dict(ann_file='h36m_train.json')))
val_dataloader = dict(dataset=dict(ann_file='h36m_test.json'))
test_dataloader = val_dataloader
