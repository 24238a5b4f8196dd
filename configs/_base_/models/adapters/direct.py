# DirectTransfer: the source prior as it is. One step, to log the loss.
method = dict(type='DirectTransfer')
model_wrapper_cfg = dict(type='MMSeparateDistributedDataParallel')
