"""One optimiser per network."""
from typing import Optional

from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from mmpose.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

from flexpose_mm.errors import UserError
from flexpose_mm.wrappers import unwrap


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MultiOptimWrapperConstructor:
    """Builds an ``OptimWrapperDict`` from a dict of optimiser configs.

    Args:
        optim_wrapper_cfg (dict): For each name an ``OptimWrapper`` config.
            The name is that of a submodule, unless the config has
            ``modules``, the names of the submodules it trains.
        paramwise_cfg (dict, optional): Not used by any entry; refused.
    """

    def __init__(self,
                 optim_wrapper_cfg: dict,
                 paramwise_cfg: Optional[dict] = None):
        where = 'optim_wrapper'
        for name, cfg in optim_wrapper_cfg.items():
            if not isinstance(cfg, dict) or 'optimizer' not in cfg:
                raise UserError(where, name, cfg,
                                'each entry is a dict with an optimizer; '
                                '--amp is set by the model (autocast)')
        if paramwise_cfg is not None:
            raise UserError(where, 'paramwise_cfg', paramwise_cfg,
                            'put it inside the entry of a network')
        self.cfg = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        model = unwrap(model)
        wrappers = {}
        for name, cfg in self.cfg.items():
            cfg = dict(cfg)
            parts = cfg.pop('modules', [name])
            wrappers[name] = build_optim_wrapper(
                nn.ModuleDict({
                    part.replace('.', '_'): self.find(model, part)
                    for part in parts
                }), cfg)
        return OptimWrapperDict(**wrappers)

    @staticmethod
    def find(model: nn.Module, path: str) -> nn.Module:
        """Submodule by dotted name, looking through wrappers."""
        for part in path.split('.'):
            model = unwrap(model)
            if not hasattr(model, part):
                raise UserError(
                    'optim_wrapper', 'modules', path,
                    f'{type(model).__name__} has no {part!r}; name one of '
                    'its submodules')
            model = getattr(model, part)
        return model
